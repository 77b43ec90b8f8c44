import {
  type LeafRange,
  type TileId,
  type TreeEdge,
  appendLeaf,
  consistencyRanges,
  edgeRoot,
  edgeSize,
  emptyRoot,
  hashRanges,
  inclusionRanges,
  leafHash,
  partialTile,
  prefixRanges,
  restoreEdge,
  rootFromTiles,
  tileKey,
} from '@tianyuan/protocol';
import { GatewayError } from '../gateway-error.ts';
import type { Store } from '../keep/store.ts';

/** The gateway's own log. Its leaves are the rows of `entries`, its full tiles those of `tiles`. */
export type Log = {
  size: () => number;
  root: () => Uint8Array;
  /**
   * Appends inside the caller's transaction and returns the leaf's index. After a transaction that failed, call
   * {@link Log.restore}: memory is ahead of the disk then.
   */
  append: (entry: Uint8Array, payload: Uint8Array | null, flags: string | null) => number;
  restore: () => void;
  /** the root at any size up to now */
  rootAt: (size: number) => Uint8Array;
  /** RFC 6962 inclusion proof of a leaf in the tree of a size up to now */
  inclusionProof: (index: number, size: number) => Uint8Array[];
  /** RFC 6962 consistency proof between two sizes, both > 0 */
  consistencyProof: (from: number, to: number) => Uint8Array[];
  /** the roots of the complete subtrees of the first `size` entries, largest first: what can be appended to (compact range) */
  prefix: (size: number) => Uint8Array[];
};

/** @throws GatewayError STORE_FAILED when the store does not hold what its size says */
export function openLog({ sqlite }: Store): Log {
  const insertEntry = sqlite.prepare('INSERT INTO entries (idx, entry, payload, flags) VALUES (?, ?, ?, ?)');
  const insertTile = sqlite.prepare(
    'INSERT INTO tiles (level, idx, hashes, middle, root) VALUES (?, ?, ?, ?, ?)',
  );
  const selectSize = sqlite.prepare('SELECT COALESCE(MAX(idx) + 1, 0) AS size FROM entries');
  const selectEntries = sqlite
    .prepare('SELECT entry FROM entries WHERE idx >= ? AND idx < ? ORDER BY idx')
    .pluck();
  const selectRoots = sqlite
    .prepare('SELECT root FROM tiles WHERE level = ? AND idx >= ? AND idx < ? ORDER BY idx')
    .pluck();
  const selectTile = sqlite.prepare('SELECT hashes FROM tiles WHERE level = ? AND idx = ?').pluck();

  const selectMiddle = sqlite.prepare('SELECT middle FROM tiles WHERE level = ? AND idx = ?').pluck();

  const hashesOf = (level: number, from: number, to: number): Uint8Array[] =>
    level === 0
      ? (selectEntries.all(from, to) as Uint8Array[]).map(leafHash)
      : (selectRoots.all(level - 1, from, to) as Uint8Array[]);
  const loadEdge = (): TreeEdge => {
    const { size } = selectSize.get() as { size: number };
    try {
      return restoreEdge(size, hashesOf);
    } catch (cause) {
      throw new GatewayError(
        'STORE_FAILED',
        `this store's log of ${size} entries cannot be read whole (${(cause as Error).message}): check the disk, or restore the newest backup`,
        { cause },
      );
    }
  };

  // Undefined from a failed transaction on until the disk can be read again: a disk that refuses a write may refuse a read.
  let edge: TreeEdge | undefined = loadEdge();
  const atHand = (): TreeEdge => (edge ??= loadEdge());
  const readTile = (tile: TileId): Uint8Array =>
    (selectTile.get(tile.level, tile.index) as Uint8Array | undefined) ?? partialTile(atHand(), tile.level);
  const readMiddle = (tile: TileId) => selectMiddle.get(tile.level, tile.index) as Uint8Array | undefined;
  // A proof needs several hashes of each tile on its way, and a tile is 8 KiB to read.
  const hashesIn = (ranges: readonly LeafRange[]) => hashRanges(ranges, once(readTile), once(readMiddle));

  return {
    size: () => edgeSize(atHand()),
    root: () => edgeRoot(atHand()),
    append(entry, payload, flags) {
      const grown = atHand();
      const index = edgeSize(grown);
      insertEntry.run(index, entry, payload, flags);
      for (const tile of appendLeaf(grown, leafHash(entry))) {
        insertTile.run(tile.level, tile.index, tile.hashes, tile.middle, tile.root);
      }
      return index;
    },
    restore() {
      edge = undefined;
    },
    rootAt(size) {
      if (size === edgeSize(atHand())) return edgeRoot(atHand());
      return size === 0 ? emptyRoot() : rootFromTiles(size, readTile);
    },
    inclusionProof: (index, size) => hashesIn(inclusionRanges(index, size)),
    consistencyProof: (from, to) => hashesIn(consistencyRanges(from, to)),
    prefix: (size) => hashesIn(prefixRanges(size)),
  };
}

/** Reads each tile once. */
function once<T>(read: (tile: TileId) => T): (tile: TileId) => T {
  const known = new Map<string, T>();
  return (tile) => {
    const key = tileKey(tile);
    if (!known.has(key)) known.set(key, read(tile));
    return known.get(key)!;
  };
}
