import { createHash } from 'node:crypto';

/** Signed or hashed before anything else of ours, so that no order means anything elsewhere. */
const context = 'tianyuan/inspection/rank/v1';

/** The algorithm, in the words that a report states it in. */
export const algorithm =
  'ascending by SHA-256 of UTF-8 "tianyuan/inspection/rank/v1\\n{seed}\\n{name}", the first of them taken; ' +
  'the name of a lot is the path of its GS1 Digital Link, that of a message "{logId}/{index}"';

/**
 * What the seed draws: the `count` items whose names rank first. It depends on seed and names alone, not on the order in
 * which somebody listed them, and anybody can draw again. Pure.
 */
export function draw<T>(seed: string, items: readonly T[], count: number, nameOf: (item: T) => string): T[] {
  return items
    .map((item) => ({ item, rank: rankOf(seed, nameOf(item)) }))
    .toSorted((a, b) => (a.rank < b.rank ? -1 : a.rank > b.rank ? 1 : 0))
    .slice(0, count)
    .map(({ item }) => item);
}

function rankOf(seed: string, name: string): string {
  return createHash('sha256').update(`${context}\n${seed}\n${name}`).digest('hex');
}
