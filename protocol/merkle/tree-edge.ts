import { ProtocolError } from '../protocol-error.ts';
import { type CompactRange, appendToRange, rangeRoot } from './compact-range.ts';
import { type TileId, hashPerfect, middleHeight, tileHeight, tileWidth } from './tile.ts';

/**
 * The right edge of a tiled log, all that an appender keeps in memory: the partial tile of every level, the nodes half-way
 * up it, and the compact range. At most 272 hashes a level.
 */
export type TreeEdge = { range: CompactRange; partial: Uint8Array[][]; middle: Uint8Array[][] };

/**
 * A tile that an append completed. It never changes again. `root` is its hash in the tile above. `middle` are its 16 nodes
 * half-way up, 512 bytes: known here at no cost, and a store that keeps them makes proofs ten times cheaper.
 */
export type FullTile = TileId & { hashes: Uint8Array; middle: Uint8Array; root: Uint8Array };

export function newEdge(): TreeEdge {
  return { range: { size: 0, nodes: [] }, partial: [[]], middle: [[]] };
}

/** Appends a leaf in place and returns the tiles that it completed, lowest level first: none, mostly. */
export function appendLeaf(edge: TreeEdge, leaf: Uint8Array): FullTile[] {
  const full: FullTile[] = [];
  appendToRange(edge.range, leaf, (level, index, hash) => {
    const tileLevel = Math.floor(level / tileHeight);
    if (level % tileHeight === middleHeight) edge.middle[tileLevel]!.push(hash);
    if (level % tileHeight !== 0) return;
    if (tileLevel > 0) {
      // This node is the root of the tile below, which its last hash has just filled.
      const below = tileLevel - 1;
      const [hashes, middle] = [joinHashes(edge.partial[below]!), joinHashes(edge.middle[below]!)];
      full.push({ level: below, index, hashes, middle, root: hash });
      edge.partial[below] = [];
      edge.middle[below] = [];
    }
    (edge.partial[tileLevel] ??= []).push(hash);
    edge.middle[tileLevel] ??= [];
  });
  return full;
}

export function edgeSize(edge: TreeEdge): number {
  return edge.range.size;
}

export function edgeRoot(edge: TreeEdge): Uint8Array {
  return rangeRoot(edge.range);
}

/** A deep enough copy: appending to one leaves the other alone. */
export function copyEdge(edge: TreeEdge): TreeEdge {
  return {
    range: { size: edge.range.size, nodes: [...edge.range.nodes] },
    partial: edge.partial.map((hashes) => [...hashes]),
    middle: edge.middle.map((hashes) => [...hashes]),
  };
}

/**
 * The edge of a stored log of `size` entries.
 * @param hashesOf the hashes `from` to `to` of a tile level: leaf hashes on level 0, roots of full tiles above
 * @throws ProtocolError TILE where the store has not as many hashes as `size` says
 */
export function restoreEdge(
  size: number,
  hashesOf: (level: number, from: number, to: number) => Uint8Array[],
): TreeEdge {
  const edge = newEdge();
  edge.range.size = size;
  const nodes: Uint8Array[] = [];
  let hashesAtLevel = size;
  for (let level = 0; hashesAtLevel > 0; level++) {
    const width = hashesAtLevel % tileWidth;
    const hashes = width === 0 ? [] : [...hashesOf(level, hashesAtLevel - width, hashesAtLevel)];
    if (hashes.length !== width) {
      // The root would be another one, and a checkpoint over it cannot be taken back.
      throw new ProtocolError(
        'TILE',
        `the partial tile of level ${level} has ${hashes.length} hashes, ${width} are needed`,
      );
    }
    edge.partial[level] = hashes;
    edge.middle[level] = middleOf(hashes);
    nodes.unshift(...completeSubtrees(hashes));
    hashesAtLevel = Math.floor(hashesAtLevel / tileWidth);
  }
  edge.range.nodes = nodes;
  return edge;
}

/** The bytes of the partial tile of a level, 32 a hash. */
export function partialTile(edge: TreeEdge, level: number): Uint8Array {
  return joinHashes(edge.partial[level] ?? []);
}

/** The complete nodes half-way up a partial tile. */
function middleOf(hashes: readonly Uint8Array[]): Uint8Array[] {
  const below = 2 ** middleHeight;
  return Array.from({ length: Math.floor(hashes.length / below) }, (_, i) =>
    hashPerfect(hashes.slice(i * below, (i + 1) * below)),
  );
}

/** The roots of the complete subtrees over a partial tile's hashes, largest first. */
function completeSubtrees(hashes: readonly Uint8Array[]): Uint8Array[] {
  const roots: Uint8Array[] = [];
  let start = 0;
  for (let count = tileWidth / 2; count >= 1; count /= 2) {
    if ((hashes.length & count) === 0) continue;
    roots.push(hashPerfect(hashes.slice(start, start + count)));
    start += count;
  }
  return roots;
}

function joinHashes(hashes: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(hashes.length * 32);
  hashes.forEach((hash, i) => bytes.set(hash, i * 32));
  return bytes;
}
