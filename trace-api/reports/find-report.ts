import type { Queries } from '@tianyuan/platform';
import { and, desc, eq, lt } from 'drizzle-orm';
import { caseClosures, cases, reportFindings, reports } from '../database/schema.ts';

/** The report that a record of the log is. */
export async function findReport(queries: Queries, index: number) {
  const [row] = await queries.select().from(reports).where(eq(reports.atIndex, index));
  return row;
}

/** What was last declared of a report's inside. */
export async function findFindings(
  queries: Queries,
  reportIndex: number,
  asOf: number = Number.MAX_SAFE_INTEGER,
) {
  const [row] = await queries
    .select()
    .from(reportFindings)
    .where(and(eq(reportFindings.reportIndex, reportIndex), lt(reportFindings.atIndex, asOf)))
    .orderBy(desc(reportFindings.atIndex))
    .limit(1);
  return row;
}

/** The case that a record opened, and whether it was closed. */
export async function findCase(queries: Queries, index: number) {
  const [row] = await queries
    .select({ batchId: cases.batchId, closedBy: caseClosures.atIndex })
    .from(cases)
    .leftJoin(caseClosures, eq(caseClosures.caseIndex, cases.atIndex))
    .where(eq(cases.atIndex, index));
  return row;
}

/** Whether a report's disagreement of this kind has a case already, open or closed. */
export async function hasCase(queries: Queries, reportIndex: number, disagreement: string): Promise<boolean> {
  const rows = await queries
    .select({ atIndex: cases.atIndex })
    .from(cases)
    .where(and(eq(cases.reportIndex, reportIndex), eq(cases.disagreement, disagreement)));
  return rows.length > 0;
}
