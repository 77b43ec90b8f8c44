import type { Queries } from '@tianyuan/platform';
import { findBatch } from '../batches/find-batch.ts';
import { findBatches } from '../genealogy/find-batches.ts';
import { type Direction, readLineage } from '../genealogy/read-lineage.ts';
import { lotUri } from '../genealogy/thing.ts';

/**
 * The ids of the batches that a batch was made of, or that were made of it, itself excluded; a lot that nobody said
 * anything of has no id and is not among them.
 */
export async function readRelatives(
  queries: Queries,
  batchId: string,
  direction: Direction,
  asOf: number,
): Promise<string[]> {
  const batch = await findBatch(queries, { batchId });
  if (batch === undefined) return [];
  const lots = await readLineage(queries, [lotUri(batch)], direction, asOf);
  const found = await findBatches(queries, lots);
  return [...found.values()].map((row) => row.batchId).filter((id) => id !== batchId);
}
