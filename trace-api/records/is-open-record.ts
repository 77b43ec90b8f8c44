import type { Queries } from '@tianyuan/platform';
import { and, eq } from 'drizzle-orm';
import { batches, captures, recordBatches, records } from '../database/schema.ts';
import { isOfPublishedStory } from '../genealogy/is-of-published-story.ts';
import type { LogRow } from '../mirror/find-log.ts';
import { isOpen } from './projections.ts';

/**
 * Whether anybody may see what an entry says because it is, or became by a capture, a record of an open name that concerns
 * a published batch, or is an event in the story of one.
 * @param platformLogId the platform's own log, where there is one
 */
export async function isOpenRecord(
  queries: Queries,
  platformLogId: string | undefined,
  log: Pick<LogRow, 'id' | 'logId'>,
  index: number,
): Promise<boolean> {
  const atIndex = log.logId === platformLogId ? index : await findCapture(queries, log.id, index);
  if (atIndex === undefined) return false;
  const [row] = await queries
    .select({ name: records.name })
    .from(records)
    .innerJoin(recordBatches, eq(recordBatches.atIndex, records.atIndex))
    .innerJoin(batches, and(eq(batches.batchId, recordBatches.batchId), batches.published))
    .where(eq(records.atIndex, atIndex))
    .limit(1);
  if (row !== undefined) return isOpen(row.name);
  return isOfPublishedStory(queries, atIndex);
}

async function findCapture(queries: Queries, log: number, index: number): Promise<number | undefined> {
  const [row] = await queries
    .select({ atIndex: captures.atIndex })
    .from(captures)
    .where(and(eq(captures.log, log), eq(captures.index, index), captures.taken));
  return row?.atIndex;
}
