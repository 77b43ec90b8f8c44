import type { Queries } from '@tianyuan/platform';
import { findEntry } from '../catalogue/read-catalogue.ts';
import { batchColumns } from './batch.ts';
import { type BatchRow, findBatch } from './find-batch.ts';
import type { When } from './when.ts';

/**
 * A batch as its owner had said at a time; undefined before anything was said of it. One that was put before the platform had
 * a log has no record to go by, and is as it is now. Whether it may be shown is a question of now: what was withdrawn stays so.
 */
export async function findBatchThen(
  queries: Queries,
  batchId: string,
  { timeMs, asOf }: When,
): Promise<BatchRow | undefined> {
  const row = await findBatch(queries, { batchId });
  if (row === undefined || timeMs === undefined || row.createdAt === null) return row;
  const then = await findEntry(queries, 'batch', batchId, asOf);
  if (then === undefined) return undefined;
  const { batchId: _, ...said } = then.body;
  return { ...row, ...batchColumns(said), published: row.published && said.published };
}
