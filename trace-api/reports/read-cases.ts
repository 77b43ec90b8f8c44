import type { Queries } from '@tianyuan/platform';
import { and, desc, eq, isNull, lt } from 'drizzle-orm';
import type { Bilingual } from '../batches/batch-view.ts';
import { caseClosures, cases } from '../database/schema.ts';

/** A disagreement between a report and the trace. Times are Unix ms. */
export type CaseView = {
  index: number;
  at: number;
  batchId: string;
  reportIndex: number;
  disagreement: string;
  detail: Bilingual;
  /** whether the batch was held for it */
  holds: boolean;
  /** null while it is open */
  closed: { index: number; at: number; by: string; outcome: string; note: Bilingual } | null;
};

/** The cases of a batch as they stood. @param asOf records from this index on are not known yet */
export function readCases(
  queries: Queries,
  batchId: string,
  asOf: number = Number.MAX_SAFE_INTEGER,
): Promise<CaseView[]> {
  return listCases(queries, { batchId, openOnly: false, before: asOf, limit: 100 }, asOf);
}

/** Newest first. @param filter.before an index, to page on from the last answer's end */
export async function listCases(
  queries: Queries,
  filter: { batchId?: string | undefined; openOnly: boolean; before?: number | undefined; limit: number },
  asOf: number = Number.MAX_SAFE_INTEGER,
): Promise<CaseView[]> {
  const { batchId, openOnly, before = Number.MAX_SAFE_INTEGER, limit } = filter;
  const rows = await queries
    .select({ opened: cases, closed: caseClosures })
    .from(cases)
    .leftJoin(caseClosures, and(eq(caseClosures.caseIndex, cases.atIndex), lt(caseClosures.atIndex, asOf)))
    .where(
      and(
        lt(cases.atIndex, Math.min(before, asOf)),
        batchId === undefined ? undefined : eq(cases.batchId, batchId),
        openOnly ? isNull(caseClosures.atIndex) : undefined,
      ),
    )
    .orderBy(desc(cases.atIndex))
    .limit(limit);
  return rows.map(({ opened: { atIndex, by: _, ...opened }, closed }) => ({
    ...opened,
    index: atIndex,
    closed: closed && {
      index: closed.atIndex,
      at: closed.at,
      by: closed.by,
      outcome: closed.outcome,
      note: closed.note,
    },
  }));
}
