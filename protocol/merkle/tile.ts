import { ProtocolError } from '../protocol-error.ts';
import { foldNodes } from './compact-range.ts';
import { nodeHash } from './hash.ts';
import { type LeafRange, type Node, nodesOf } from './subtree.ts';

/** Hashes in a full tile, and levels of the tree that one tile spans (C2SP tlog-tiles). */
export const tileWidth = 256;
export const tileHeight = 8;

/** A tile: `level` counts in steps of eight levels of the tree. */
export type TileId = { level: number; index: number };

/** Gives the bytes of a tile, 32 to a hash; a partial tile may be given with as many hashes as it has. */
export type ReadTile = (tile: TileId) => Uint8Array;

/**
 * Gives the 16 nodes half-way up a full tile, 512 bytes, where a store kept them (see FullTile); undefined where not. With
 * them a proof hashes 22 nodes a tile, without them 247.
 */
export type ReadMiddle = (tile: TileId) => Uint8Array | undefined;

/** Half of a tile's height: where its middle nodes lie. */
export const middleHeight = tileHeight / 2;

/** The width, 1 to 256, of a tile in a log of `size` entries, or 0 where the log has no such tile. */
export function tileWidthAt(tile: TileId, size: number): number {
  const hashesAtLevel = Math.floor(size / tileWidth ** tile.level);
  return Math.max(0, Math.min(tileWidth, hashesAtLevel - tile.index * tileWidth));
}

/** Every tile that the ranges of a proof are computed from, each once. */
export function tilesOf(ranges: readonly LeafRange[]): TileId[] {
  const tiles = new Map<string, TileId>();
  for (const node of ranges.flatMap(nodesOf)) {
    const { tile } = placeOf(node);
    tiles.set(tileKey(tile), tile);
  }
  return [...tiles.values()];
}

/** A key for a map of tiles. */
export function tileKey(tile: TileId): string {
  return `${tile.level}/${tile.index}`;
}

/**
 * The hashes of a proof, from tiles.
 * @throws ProtocolError TILE where a tile is too short
 */
export function hashRanges(
  ranges: readonly LeafRange[],
  readTile: ReadTile,
  readMiddle: ReadMiddle = () => undefined,
): Uint8Array[] {
  return ranges.map((range) => foldNodes(nodesOf(range).map((node) => hashNode(node, readTile, readMiddle))));
}

/** RFC 6962 MTH of the first `size` leaves, from tiles; `size` > 0. */
export function rootFromTiles(size: number, readTile: ReadTile): Uint8Array {
  return hashRanges([{ start: 0, end: size }], readTile)[0]!;
}

/** The tiles that {@link rootFromTiles} reads. */
export function tilesOfRoot(size: number): TileId[] {
  return tilesOf([{ start: 0, end: size }]);
}

/** The root of a full or partial run of hashes whose count is a power of two. */
export function hashPerfect(hashes: readonly Uint8Array[]): Uint8Array {
  let level = hashes;
  while (level.length > 1) {
    const parents: Uint8Array[] = [];
    for (let i = 0; i < level.length; i += 2) parents.push(nodeHash(level[i]!, level[i + 1]!));
    level = parents;
  }
  return level[0]!;
}

function hashNode(node: Node, readTile: ReadTile, readMiddle: ReadMiddle): Uint8Array {
  const { tile, offset, count } = placeOf(node);
  const below = 2 ** middleHeight;
  const middle = count >= below ? readMiddle(tile) : undefined;
  if (middle !== undefined) return hashPerfect(hashesAt(tile, middle, offset / below, count / below));
  return hashPerfect(hashesAt(tile, readTile(tile), offset, count));
}

function hashesAt(tile: TileId, bytes: Uint8Array, offset: number, count: number): Uint8Array[] {
  if (bytes.length < (offset + count) * 32) {
    throw new ProtocolError(
      'TILE',
      `tile ${tileKey(tile)} has ${bytes.length / 32} hashes, ${offset + count} are needed`,
    );
  }
  return Array.from({ length: count }, (_, i) => bytes.subarray((offset + i) * 32, (offset + i + 1) * 32));
}

/** Where in which tile the hashes lie that a node is folded from. */
function placeOf(node: Node): { tile: TileId; offset: number; count: number } {
  const level = Math.floor(node.level / tileHeight);
  const count = 2 ** (node.level % tileHeight);
  const first = node.index * count;
  return {
    tile: { level, index: Math.floor(first / tileWidth) },
    offset: first % tileWidth,
    count,
  };
}
