import { type Queries } from '@tianyuan/platform';
import { type ReadTile, type TileId, tileKey, tileWidth, tileWidthAt } from '@tianyuan/protocol';
import { and, eq, or } from 'drizzle-orm';
import { tiles } from '../database/schema.ts';
import { readHashes } from './read-edge.ts';

/** A log's number in the mirror, and how long it is. */
export type MirroredLog = { id: number; size: number };

/**
 * The hashes of a tile, 32 bytes each, as many as the log has of it: fewer than 256 at the right edge, none past it.
 */
export async function readTile(queries: Queries, log: MirroredLog, tile: TileId): Promise<Uint8Array> {
  const width = tileWidthAt(tile, log.size);
  if (width === tileWidth) {
    const [row] = await queries
      .select({ hashes: tiles.hashes })
      .from(tiles)
      .where(and(eq(tiles.log, log.id), eq(tiles.level, tile.level), eq(tiles.index, tile.index)));
    return row!.hashes;
  }
  const first = tile.index * tileWidth;
  return Buffer.concat(await readHashes(queries, log.id, tile.level, first, first + width));
}

/** The tiles that a proof is computed from, read in one go where they are full. */
export async function readTiles(
  queries: Queries,
  log: MirroredLog,
  wanted: readonly TileId[],
): Promise<ReadTile> {
  const read = new Map<string, Uint8Array>();
  const full = wanted.filter((tile) => tileWidthAt(tile, log.size) === tileWidth);
  if (full.length > 0) {
    const rows = await queries
      .select({ level: tiles.level, index: tiles.index, hashes: tiles.hashes })
      .from(tiles)
      .where(
        and(
          eq(tiles.log, log.id),
          or(...full.map(({ level, index }) => and(eq(tiles.level, level), eq(tiles.index, index)))),
        ),
      );
    for (const row of rows) read.set(tileKey(row), row.hashes);
  }
  for (const tile of wanted) {
    if (!read.has(tileKey(tile))) read.set(tileKey(tile), await readTile(queries, log, tile));
  }
  return (tile) => read.get(tileKey(tile))!;
}
