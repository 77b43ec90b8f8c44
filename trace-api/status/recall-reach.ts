import type { Queries } from '@tianyuan/platform';
import { canonicalize, utf8ToBytes } from '@tianyuan/protocol';
import type { BatchRow } from '../batches/find-batch.ts';
import { findBatches } from '../genealogy/find-batches.ts';
import { type Holder, readHolders } from '../genealogy/read-holders.ts';
import { readLineage } from '../genealogy/read-lineage.ts';
import { lotUri } from '../genealogy/thing.ts';

/**
 * Who holds or bought something of these lots. The port that the shop will fill with its own orders; until then what the
 * log knows of hand-overs and sales.
 */
export type FindHolders = (queries: Queries, lots: readonly string[], asOf: number) => Promise<Holder[]>;

/** Everything that a recall of a batch reaches: its lot and all that was made of it, and who has any of it. */
export type RecallReach = {
  lots: { lot: string; batchId: string | null }[];
  holders: Holder[];
};

export async function findReach(
  queries: Queries,
  batch: BatchRow,
  asOf: number,
  findHolders: FindHolders = readHolders,
): Promise<RecallReach> {
  const lots = await readLineage(queries, [lotUri(batch)], 'descendants', asOf);
  const batches = await findBatches(queries, lots);
  return {
    lots: lots.map((lot) => ({ lot, batchId: batches.get(lot)?.batchId ?? null })),
    holders: await findHolders(queries, lots, asOf),
  };
}

/** The reach as it is kept and hashed, RFC 8785. @param foundAt Unix ms */
export function encodeReach(batchId: string, reach: RecallReach, foundAt: number): Uint8Array {
  return utf8ToBytes(canonicalize({ v: 1, recall: batchId, foundAt, ...reach }));
}

/** How many there are to be told: each party and each order once. */
export function countHolders({ holders }: RecallReach): number {
  return new Set(holders.map(({ kind, id }) => `${kind}/${id}`)).size;
}
