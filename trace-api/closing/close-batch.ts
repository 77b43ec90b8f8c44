import type { Queries } from '@tianyuan/platform';
import { max } from 'drizzle-orm';
import { type BatchRow } from '../batches/find-batch.ts';
import { records as recordRows } from '../database/schema.ts';
import type { Records } from '../records/open-records.ts';
import type { Refusal, Written } from '../records/recorded.ts';
import { readLogReadings, readSummary } from './read-summary.ts';
import { hashSummary } from './summary.ts';

/** Sums a batch up as it stands and logs the hash; `by` asked for it. A record that comes meanwhile is of the next close. */
export async function closeBatch(
  queries: Queries,
  records: Records,
  batch: BatchRow,
  by: string,
): Promise<Written | Refusal> {
  const { batchId } = batch;
  const [row] = await queries.select({ last: max(recordRows.atIndex) }).from(recordRows);
  const asOf = (row?.last ?? -1) + 1;
  const readings = await readLogReadings(queries, batch);
  const hash = hashSummary(await readSummary(queries, batchId, asOf, readings));
  return records.statement('batch-summary', { batchId, asOf, hash, readings }, by);
}
