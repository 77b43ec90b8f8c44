import { type Queries, isAnyOf } from '@tianyuan/platform';
import { and, asc, lt } from 'drizzle-orm';
import { statusFacts } from '../database/schema.ts';
import { findBatchThen } from '../batches/find-batch-then.ts';
import { now } from '../records/as-of.ts';
import type { StatusFact, StatusView } from './batch-status.ts';
import { readRelatives } from './batch-lineage.ts';
import { judgeStatus, unknownStatus } from './judge-status.ts';

/**
 * Whether a batch may be sold, as it stood.
 * @param asOf records from this index on are not known yet
 * @param timeMs the moment asked about, Unix ms: a shelf life ends without a record
 */
export async function readStatus(
  queries: Queries,
  batchId: string,
  asOf: number = now,
  timeMs: number = Date.now(),
): Promise<StatusView> {
  // What its owner had said then; presently, what is known of it.
  const isNow = asOf === now;
  const batch = await findBatchThen(queries, batchId, { asOf, timeMs: isNow ? undefined : timeMs });
  if (batch === undefined || (batch.createdAt ?? 0) > timeMs) return unknownStatus(batchId, timeMs);
  const ancestors = await readRelatives(queries, batchId, 'ancestors', asOf);
  return judgeStatus(batch, await readStatusFacts(queries, [batchId, ...ancestors], asOf), timeMs);
}

/** What was said of these batches, in the order of the log. */
export async function readStatusFacts(
  queries: Queries,
  batchIds: readonly string[],
  asOf: number,
): Promise<StatusFact[]> {
  const rows = await queries
    .select()
    .from(statusFacts)
    .where(and(isAnyOf(statusFacts.batchId, batchIds), lt(statusFacts.atIndex, asOf)))
    .orderBy(asc(statusFacts.atIndex));
  return rows.map(({ atIndex, evidence: _, ...fact }) => ({ ...fact, index: atIndex }));
}
