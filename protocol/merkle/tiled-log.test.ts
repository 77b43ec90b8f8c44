import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bytesToHex } from '../encoding/bytes.ts';
import { naiveLeaf, naivePath, naiveProof, naiveRoot } from '../vectors/naive-tree.ts';
import { consistencyRanges, inclusionRanges } from './subtree.ts';
import {
  hashRanges,
  rootFromTiles,
  tileKey,
  tilesOf,
  tilesOfRoot,
  type ReadMiddle,
  type ReadTile,
} from './tile.ts';
import {
  type TreeEdge,
  appendLeaf,
  copyEdge,
  edgeRoot,
  edgeSize,
  newEdge,
  partialTile,
  restoreEdge,
} from './tree-edge.ts';
import { verifyConsistency } from './verify-consistency.ts';
import { verifyInclusion } from './verify-inclusion.ts';

const leafAt = (i: number) => naiveLeaf(Uint8Array.of(i >> 16, (i >> 8) & 0xff, i & 0xff));

const inHex = (hashes: readonly Uint8Array[]) => hashes.map(bytesToHex).join(' ');

/** A log as it is stored: its full tiles, and its edge, from which the partial ones come. */
function grow(size: number) {
  const edge = newEdge();
  const full = new Map<string, Uint8Array>();
  const middles = new Map<string, Uint8Array>();
  for (let i = 0; i < size; i++) {
    for (const tile of appendLeaf(edge, leafAt(i))) {
      full.set(tileKey(tile), tile.hashes);
      middles.set(tileKey(tile), tile.middle);
    }
  }
  const readTile: ReadTile = (tile) => full.get(tileKey(tile)) ?? partialTile(edge, tile.level);
  const readMiddle: ReadMiddle = (tile) => middles.get(tileKey(tile));
  return { edge, middles, readTile, readMiddle };
}

/** Reads only the tiles that were announced, so that a caller who loads them beforehand has all it needs. */
function announced(readTile: ReadTile, tiles: readonly { level: number; index: number }[]): ReadTile {
  const keys = new Set(tiles.map(tileKey));
  return (tile) => {
    if (!keys.has(tileKey(tile))) throw new Error(`tile ${tileKey(tile)} was not announced`);
    return readTile(tile);
  };
}

function expectProofs(size: number, index: number, older: number) {
  const { edge, readTile, readMiddle } = grow(size);
  const leaves = Array.from({ length: size }, (_, i) => leafAt(i));
  const root = naiveRoot(leaves);
  expect(edgeRoot(edge)).toEqual(root);
  expect(rootFromTiles(size, announced(readTile, tilesOfRoot(size)))).toEqual(root);

  const path = inclusionRanges(index, size);
  const proof = hashRanges(path, announced(readTile, tilesOf(path)));
  expect(proof).toEqual(naivePath(index, leaves));
  expect(hashRanges(path, readTile, readMiddle)).toEqual(proof);
  expect(verifyInclusion({ index, size, leafHash: leaves[index]!, proof, root })).toBe(true);

  const ranges = consistencyRanges(older, size);
  const consistency = hashRanges(ranges, announced(readTile, tilesOf(ranges)));
  expect(consistency).toEqual(naiveProof(older, leaves));
  expect(hashRanges(ranges, readTile, readMiddle)).toEqual(consistency);
  const root1 = rootFromTiles(older, readTile); // the tiles of a log hold every older tree
  expect(verifyConsistency({ size1: older, size2: size, root1, root2: root, proof: consistency })).toBe(true);
}

describe('a tiled log', () => {
  test("has the naive tree's root and proofs at every size up to 70", () => {
    const leaves = Array.from({ length: 70 }, (_, i) => leafAt(i));
    const { readTile } = grow(70);
    for (let size = 1; size <= 70; size++) {
      const tree = leaves.slice(0, size);
      expect(rootFromTiles(size, readTile)).toEqual(naiveRoot(tree));
      for (let i = 0; i < size; i++) {
        expect(inHex(hashRanges(inclusionRanges(i, size), readTile))).toBe(inHex(naivePath(i, tree)));
        expect(inHex(hashRanges(consistencyRanges(i + 1, size), readTile))).toBe(
          inHex(naiveProof(i + 1, tree)),
        );
      }
    }
  });

  test.each([255, 256, 257, 511, 512, 513, 1023, 1024, 1025])(
    'has them around a full tile, at size %i',
    (size) => {
      for (const at of [0, 254, 255, 256, size - 1]) {
        const index = Math.min(at, size - 1);
        expectProofs(size, index, index + 1);
      }
    },
  );

  test('has them at random sizes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3000 }), fc.nat(), fc.nat(), (size, a, b) => {
        expectProofs(size, a % size, (b % size) + 1);
      }),
      { numRuns: 15 },
    );
  });

  test('keeps of every full tile the 16 nodes half-way up, each the root of 16 of its hashes', () => {
    const { middles } = grow(600);
    expect([...middles.keys()]).toEqual(['0/0', '0/1']);
    for (const [key, middle] of middles) {
      const first = key === '0/0' ? 0 : 256;
      const roots = Array.from({ length: 16 }, (_, i) =>
        naiveRoot(Array.from({ length: 16 }, (__, j) => leafAt(first + i * 16 + j))),
      );
      expect(inHex([middle])).toBe(roots.map(bytesToHex).join(''));
    }
  });

  test('does not prove from middle nodes that are not all there', () => {
    const { readTile, readMiddle } = grow(600);
    const ranges = inclusionRanges(0, 600);
    const cut: ReadMiddle = (tile) => readMiddle(tile)?.subarray(0, 511);
    expect(() => hashRanges(ranges, readTile, cut)).toThrow(expect.objectContaining({ code: 'TILE' }));
  });

  test('announces every full tile once, lowest level first, with its hash in the tile above', () => {
    const edge = newEdge();
    const seen: string[] = [];
    for (let i = 0; i < 65_536 + 300; i++) {
      const full = appendLeaf(edge, leafAt(i));
      seen.push(...full.map(tileKey));
      if (i === 65_535) expect(full.map(tileKey)).toEqual(['0/255', '1/0']);
      if (i === 65_535) expect(edgeRoot(edge)).toEqual(full[1]!.root);
    }
    expect(seen).toHaveLength(257 + 1);
    expect(new Set(seen).size).toBe(seen.length);
    expect(edge.partial.map((hashes) => hashes.length)).toEqual([44, 1, 1]);
  });
});

describe('consistencyRanges and inclusionRanges', () => {
  test.each([
    [0, 0],
    [1, 1],
    [5, 4],
    [-1, 4],
    [0.5, 4],
    [Number.NaN, 4],
    [0, 2 ** 53],
    [2 ** 53, 2 ** 54],
  ])('there is no leaf %d in a log of %d', (index, size) =>
    expect(() => inclusionRanges(index, size)).toThrow(/no leaf/),
  );

  test.each([
    [0, 0],
    [0, 4],
    [5, 4],
    [-1, 4],
    [0.5, 4],
    [Number.NaN, 4],
    [1, 2 ** 53],
  ])('there is no consistency proof from %d to %d', (size1, size2) =>
    expect(() => consistencyRanges(size1, size2)).toThrow(/no consistency proof/),
  );

  test('a proof cannot be read from tiles that are too short', () => {
    const { readTile } = grow(10);
    expect(() => hashRanges(inclusionRanges(0, 12), readTile)).toThrow(/tile 0\/0 has 10 hashes/);
  });
});

/** As a store has it, leaf hashes on level 0, roots of full tiles above; and the edges that were there on the way. */
function storeOf(size: number, remember: readonly number[] = []) {
  const levels: Uint8Array[][] = [[]];
  const edge = newEdge();
  const edges = new Map([[0, newEdge()]]);
  for (let i = 0; i < size; i++) {
    levels[0]!.push(leafAt(i));
    for (const tile of appendLeaf(edge, leafAt(i))) (levels[tile.level + 1] ??= []).push(tile.root);
    if (remember.includes(i + 1)) edges.set(i + 1, copyEdge(edge));
  }
  return {
    edge,
    edges,
    hashesOf: (level: number, from: number, to: number) => levels[level]!.slice(from, to),
  };
}

const grown = (edge: TreeEdge, from: number, count: number): TreeEdge => {
  for (let i = 0; i < count; i++) appendLeaf(edge, leafAt(from + i));
  return edge;
};

describe('a tree edge', () => {
  test('restored from a store is the edge that was left', () => {
    const sizes = [0, 1, 2, 3, 254, 255, 256, 257, 300, 511, 512, 513, 65_535, 65_536, 65_537, 70_000];
    const { edges, hashesOf } = storeOf(70_000, sizes);
    for (const size of sizes) {
      const restored = restoreEdge(size, hashesOf);
      expect(restored).toEqual(edges.get(size));
      expect(edgeSize(restored)).toBe(size);
      expect(edgeRoot(restored)).toEqual(edgeRoot(edges.get(size)!));
    }
  });

  test('goes on after a restart as if there had been none', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1200 }), fc.integer({ min: 1, max: 300 }), (size, more) => {
        const { edge, hashesOf } = storeOf(size);
        const restored = restoreEdge(size, hashesOf);
        const announcedTiles: unknown[] = [[], []];
        for (let i = size; i < size + more; i++) {
          (announcedTiles[0] as unknown[]).push(...appendLeaf(edge, leafAt(i)));
          (announcedTiles[1] as unknown[]).push(...appendLeaf(restored, leafAt(i)));
        }
        expect(announcedTiles[1]).toEqual(announcedTiles[0]);
        expect(restored).toEqual(edge);
      }),
      { numRuns: 25 },
    );
  });

  test('its copy goes its own way', () => {
    fc.assert(
      fc.property(fc.nat({ max: 600 }), fc.integer({ min: 1, max: 300 }), (size, more) => {
        const edge = grown(newEdge(), 0, size);
        const copy = copyEdge(edge);
        expect(copy).toEqual(edge);
        grown(copy, size, more);
        expect(edge).toEqual(grown(newEdge(), 0, size));
        expect(copy).toEqual(grown(newEdge(), 0, size + more));
      }),
      { numRuns: 20 },
    );
  });

  test("leaves the store's own arrays alone", () => {
    const stored = [[leafAt(0), leafAt(1), leafAt(2)]];
    const edge = restoreEdge(3, (level) => stored[level]!);
    appendLeaf(edge, leafAt(3));
    expect(stored[0]).toHaveLength(3);
  });

  test('refuses a store that gives fewer or more hashes than the size says', () => {
    const { hashesOf } = storeOf(300);
    expect(() => restoreEdge(300, (level, from, to) => hashesOf(level, from, to - 1))).toThrow(/tile/);
    expect(() => restoreEdge(299, (level, from, to) => hashesOf(level, from, to + 1))).toThrow(/tile/);
  });
});
