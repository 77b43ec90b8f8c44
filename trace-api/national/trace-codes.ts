import type { Queries } from '@tianyuan/platform';
import { and, eq, isNotNull, isNull, lte, ne, or, sql } from 'drizzle-orm';
import { batches, nationalAttempts } from '../database/schema.ts';
import { traceCodePattern } from './national-trace-adapter.ts';

/** The platform's code of a batch: its `trace_record_id`, where that has the form of one. */
export function traceCodeOf({ traceRecordId }: { traceRecordId: string | null }): string | undefined {
  return traceRecordId !== null && traceCodePattern.test(traceRecordId) ? traceRecordId : undefined;
}

/** Of published batches only: nobody is to learn from the platform's log of requests what is not for sale yet. */
export async function readTraceCode(queries: Queries, batchId: string): Promise<string | undefined> {
  const [row] = await queries
    .select({ traceRecordId: batches.traceRecordId })
    .from(batches)
    .where(and(eq(batches.batchId, batchId), eq(batches.published, true)));
  return row && traceCodeOf(row);
}

/** Published batches with a code whose next attempt is due, or that have none for this code; those that wait longest first. */
export async function readDueBatches(queries: Queries, now: number, limit: number): Promise<string[]> {
  const rows = await queries
    .select({ batchId: batches.batchId })
    .from(batches)
    .leftJoin(nationalAttempts, eq(nationalAttempts.batchId, batches.batchId))
    .where(
      and(
        eq(batches.published, true),
        isNotNull(batches.traceRecordId),
        sql`${batches.traceRecordId} ~ ${traceCodePattern.source}`,
        or(
          isNull(nationalAttempts.batchId),
          lte(nationalAttempts.nextAt, now),
          ne(nationalAttempts.traceCode, batches.traceRecordId),
        ),
      ),
    )
    .orderBy(sql`${nationalAttempts.nextAt} nulls first`, batches.batchId)
    .limit(limit);
  return rows.map(({ batchId }) => batchId);
}
