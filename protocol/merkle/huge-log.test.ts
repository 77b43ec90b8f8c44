import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import { describe, expect, test } from 'vitest';
import { naiveNode } from '../vectors/naive-tree.ts';
import { consistencyRanges, inclusionRanges, nodesOf } from './subtree.ts';
import { hashRanges, rootFromTiles, tileWidthAt, type ReadTile } from './tile.ts';
import { verifyConsistency } from './verify-consistency.ts';
import { verifyInclusion } from './verify-inclusion.ts';

// Logs far over what 32-bit arithmetic can count. Nobody can build one, so every subtree of 256^n leaves that does not
// hold the boundary of interest is a made-up hash; the rest is RFC 6962's recursion, in BigInt.

function hugeLog(boundary: bigint) {
  const known = new Map<string, Uint8Array>();

  const rangeHash = (start: bigint, end: bigint): Uint8Array => {
    const key = `${start}-${end}`;
    const cached = known.get(key);
    if (cached !== undefined) return cached;
    const hash = isMadeUp(start, end) ? sha256(utf8ToBytes(key)) : splitHash(start, end);
    known.set(key, hash);
    return hash;
  };
  const splitHash = (start: bigint, end: bigint): Uint8Array => {
    const middle = start + largestPowerBelow(end - start);
    return naiveNode(rangeHash(start, middle), rangeHash(middle, end));
  };
  const isMadeUp = (start: bigint, end: bigint): boolean => {
    const width = end - start;
    if (width === 1n) return true;
    const bits = width.toString(2);
    const tileRoot = /^10*$/.test(bits) && (bits.length - 1) % 8 === 0 && start % width === 0n;
    return tileRoot && !(start < boundary && boundary < end) && start !== boundary;
  };
  const path = (m: bigint, start: bigint, end: bigint): Uint8Array[] => {
    if (end - start === 1n) return [];
    const middle = start + largestPowerBelow(end - start);
    return m < middle
      ? [...path(m, start, middle), rangeHash(middle, end)]
      : [...path(m, middle, end), rangeHash(start, middle)];
  };
  const proof = (m: bigint, start: bigint, end: bigint): Uint8Array[] => {
    if (m === end) return start === 0n ? [] : [rangeHash(start, end)];
    const middle = start + largestPowerBelow(end - start);
    return m <= middle
      ? [...proof(m, start, middle), rangeHash(middle, end)]
      : [...proof(m, middle, end), rangeHash(start, middle)];
  };
  const tiles =
    (size: number): ReadTile =>
    (tile) => {
      const width = 256n ** BigInt(tile.level);
      const first = BigInt(tile.index) * 256n;
      const hashes: Uint8Array[] = [];
      for (let i = 0n; i < BigInt(tileWidthAt(tile, size)); i++) {
        hashes.push(rangeHash((first + i) * width, (first + i + 1n) * width));
      }
      return Uint8Array.from(hashes.flatMap((hash) => [...hash]));
    };
  return {
    root: (size: number) => rangeHash(0n, BigInt(size)),
    leaf: (index: number) => rangeHash(BigInt(index), BigInt(index) + 1n),
    path: (index: number, size: number) => path(BigInt(index), 0n, BigInt(size)),
    proof: (size1: number, size2: number) => proof(BigInt(size1), 0n, BigInt(size2)),
    tiles,
  };
}

function largestPowerBelow(n: bigint): bigint {
  let k = 1n;
  while (k * 2n < n) k *= 2n;
  return k;
}

const max = 2 ** 53 - 1;

const leavesOfInterest: [index: number, size: number][] = [
  [2 ** 31 - 1, 2 ** 31 + 5],
  [2 ** 31, 2 ** 32],
  [2 ** 32 - 1, 2 ** 32],
  [2 ** 32, 2 ** 32 + 1],
  [2 ** 32 + 1, 2 ** 33 + 12_345],
  [0, max],
  [2 ** 52 - 1, max],
  [2 ** 52, max],
  [max - 1, max],
  [max - 2, max - 1],
  [0x15_5555_5555_5555, max],
  [0x0a_aaaa_aaaa_aaaa, 2 ** 52 + 0x1234_5678_9abc],
];

const growths: [size1: number, size2: number][] = [
  [2 ** 31, 2 ** 32],
  [2 ** 32 - 1, 2 ** 32],
  [2 ** 32, 2 ** 32 + 1],
  [2 ** 32 + 1, 2 ** 32 + 2],
  [2 ** 33 - 1, 2 ** 40],
  [1, max],
  [2 ** 52, max],
  [2 ** 52 + 1, max],
  [max - 1, max],
  [0x15_5555_5555_5555, max],
  [0x0a_aaaa_aaaa_aaaa, 2 ** 52 + 0x1234_5678_9abc],
];

describe('a log of up to 2^53 - 1 entries', () => {
  test.each(leavesOfInterest)('proves leaf %d of %d', (index, size) => {
    const log = hugeLog(BigInt(index));
    const proof = hashRanges(inclusionRanges(index, size), log.tiles(size));
    expect(proof).toEqual(log.path(index, size));
    const p = { index, size, leafHash: log.leaf(index), proof, root: log.root(size) };
    expect(verifyInclusion(p)).toBe(true);
    for (const other of [index - 1, index + 1, index % 2 ** 32, index + 2 ** 32, index ^ 1]) {
      if (other !== index) expect(verifyInclusion({ ...p, index: other })).toBe(false);
    }
    expect(verifyInclusion({ ...p, size: size % 2 ** 32 })).toBe(size < 2 ** 32);
    expect(verifyInclusion({ ...p, proof: proof.slice(1) })).toBe(false);
  });

  test.each(growths)('proves growth from %d to %d', (size1, size2) => {
    const log = hugeLog(BigInt(size1));
    const proof = hashRanges(consistencyRanges(size1, size2), log.tiles(size2));
    expect(proof).toEqual(log.proof(size1, size2));
    const p = { size1, size2, root1: log.root(size1), root2: log.root(size2), proof };
    expect(verifyConsistency(p)).toBe(true);
    expect(rootFromTiles(size1, log.tiles(size2))).toEqual(p.root1);
    expect(rootFromTiles(size2, log.tiles(size2))).toEqual(p.root2);
    expect(verifyConsistency({ ...p, size1: size1 - 1 })).toBe(false);
    expect(verifyConsistency({ ...p, size1: size1 + 1 })).toBe(false);
    expect(verifyConsistency({ ...p, root2: p.root1 })).toBe(false);
    expect(verifyConsistency({ ...p, proof: proof.slice(0, -1) })).toBe(false);
  });

  test('a range at the right edge falls into its complete subtrees, exactly and in order', () => {
    for (const end of [2 ** 32 + 5, 2 ** 52 + 3, max]) {
      let next = 0;
      for (const node of nodesOf({ start: 0, end })) {
        expect(node.index * 2 ** node.level).toBe(next);
        next = (node.index + 1) * 2 ** node.level;
      }
      expect(next).toBe(end);
    }
  });
});
