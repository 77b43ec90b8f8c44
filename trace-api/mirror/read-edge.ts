import { type Queries } from '@tianyuan/platform';
import { type TreeEdge, leafHash, restoreEdge, tileWidth } from '@tianyuan/protocol';
import { and, asc, eq, gte, lt } from 'drizzle-orm';
import { entries, tiles } from '../database/schema.ts';

/**
 * The right edge of a mirrored log as it was at `size`, which may be less than the log has now.
 * @param log the mirror's number of the log
 */
export async function readEdge(queries: Queries, log: number, size: number): Promise<TreeEdge> {
  const hashes: Uint8Array[][] = [];
  for (let level = 0, width = size; width > 0; level++, width = Math.floor(width / tileWidth)) {
    hashes.push(await readHashes(queries, log, level, width - (width % tileWidth), width));
  }
  return restoreEdge(size, (level) => hashes[level]!);
}

/** The hashes `from` to `to`, `to` excluded, of a tile level: leaf hashes, or roots of full tiles of the level below. */
export async function readHashes(
  queries: Queries,
  log: number,
  level: number,
  from: number,
  to: number,
): Promise<Uint8Array[]> {
  if (from >= to) return [];
  if (level === 0) return (await readEntries(queries, log, from, to)).map(leafHash);
  const rows = await queries
    .select({ root: tiles.root })
    .from(tiles)
    .where(and(eq(tiles.log, log), eq(tiles.level, level - 1), gte(tiles.index, from), lt(tiles.index, to)))
    .orderBy(asc(tiles.index));
  return rows.map(({ root }) => root);
}

/** The 56-byte entries `from` to `to`, `to` excluded. */
export async function readEntries(
  queries: Queries,
  log: number,
  from: number,
  to: number,
): Promise<Uint8Array[]> {
  const rows = await queries
    .select({ entry: entries.entry })
    .from(entries)
    .where(and(eq(entries.log, log), gte(entries.index, from), lt(entries.index, to)))
    .orderBy(asc(entries.index));
  return rows.map(({ entry }) => entry);
}
