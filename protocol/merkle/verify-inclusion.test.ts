import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { equalBytes, hexToBytes } from '../encoding/bytes.ts';
import { inclusionCases } from '../vectors/merkle-cases.ts';
import { naiveLeaf, naivePath, naiveRoot, replayPath } from '../vectors/naive-tree.ts';
import { verifyInclusion } from './verify-inclusion.ts';

const leaves = Array.from({ length: 300 }, (_, i) => naiveLeaf(Uint8Array.of(i >> 8, i & 0xff)));

function proofOf(index: number, size: number) {
  const tree = leaves.slice(0, size);
  return { index, size, leafHash: leaves[index]!, proof: naivePath(index, tree), root: naiveRoot(tree) };
}

const splitHashes = (hex: string) => (hex.match(/.{64}/g) ?? []).map((hash) => hexToBytes(hash));

const flipped = (bytes: Uint8Array, bit: number): Uint8Array => {
  const copy = bytes.slice();
  copy[bit >> 3]! ^= 1 << (bit & 7);
  return copy;
};

describe('verifyInclusion', () => {
  test.each(inclusionCases())('$what', ({ index, size, leafHash, proof, root, valid }) => {
    const p = {
      index,
      size,
      leafHash: hexToBytes(leafHash),
      proof: splitHashes(proof),
      root: hexToBytes(root),
    };
    expect(verifyInclusion(p)).toBe(valid);
  });

  test('every leaf of every tree up to 40 leaves', () => {
    for (let size = 1; size <= 40; size++) {
      for (let index = 0; index < size; index++) {
        expect(verifyInclusion(proofOf(index, size)), `leaf ${index} of ${size}`).toBe(true);
      }
    }
  });

  test('every single changed bit of the leaf, the root or the proof is refused', () => {
    for (const p of [proofOf(0, 1), proofOf(4, 7), proofOf(6, 7), proofOf(129, 211)]) {
      for (let bit = 0; bit < 256; bit++) {
        expect(verifyInclusion({ ...p, leafHash: flipped(p.leafHash, bit) })).toBe(false);
        expect(verifyInclusion({ ...p, root: flipped(p.root, bit) })).toBe(false);
        p.proof.forEach((hash, i) => {
          expect(verifyInclusion({ ...p, proof: p.proof.with(i, flipped(hash, bit)) })).toBe(false);
        });
      }
    }
  });

  // A root does not commit to its size: a proof also fits other sizes in which the leaf has the same path. What must
  // hold is that the verdict is RFC 6962's own for every claimed index and size.
  test('gives the verdict of the recursive definition for every other index and size', () => {
    for (const [index, size] of [
      [0, 1],
      [0, 3],
      [5, 6],
      [6, 7],
      [8, 13],
      [15, 16],
      [16, 17],
    ] as const) {
      const p = proofOf(index, size);
      for (let otherSize = 0; otherSize <= 36; otherSize++) {
        for (let otherIndex = 0; otherIndex <= 36; otherIndex++) {
          const root =
            otherIndex < otherSize ? replayPath(otherIndex, otherSize, p.leafHash, p.proof) : undefined;
          const expected = root !== undefined && equalBytes(root, p.root);
          const got = verifyInclusion({ ...p, index: otherIndex, size: otherSize });
          expect(got, `leaf ${index} of ${size} as ${otherIndex} of ${otherSize}: ${got}`).toBe(expected);
        }
      }
    }
  });

  test('another leaf of the same tree is never proven by the same hashes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 300 }), fc.nat(), fc.nat(), (size, a, b) => {
        const [index, other] = [a % size, b % size];
        fc.pre(index !== other);
        const p = proofOf(index, size);
        expect(verifyInclusion(p)).toBe(true);
        expect(verifyInclusion({ ...p, index: other })).toBe(false);
        expect(verifyInclusion({ ...p, leafHash: leaves[other]! })).toBe(false);
      }),
      { numRuns: 60 },
    );
  });

  test('a proof that is shorter, longer or in another order is refused', () => {
    const p = proofOf(129, 211);
    expect(verifyInclusion({ ...p, proof: p.proof.slice(1) })).toBe(false);
    expect(verifyInclusion({ ...p, proof: p.proof.slice(0, -1) })).toBe(false);
    expect(verifyInclusion({ ...p, proof: [...p.proof, p.root] })).toBe(false);
    expect(verifyInclusion({ ...p, proof: p.proof.toReversed() })).toBe(false);
    expect(verifyInclusion({ ...p, proof: new Array(100_000).fill(p.root) })).toBe(false);
  });

  test.each([Number.NaN, -1, -0.5, 1.5, 2 ** 53, 2 ** 60, Infinity, -Infinity])(
    'the number %d is refused',
    (n) => {
      const p = proofOf(0, 1);
      expect(verifyInclusion({ ...p, index: n })).toBe(false);
      expect(verifyInclusion({ ...p, size: n })).toBe(false);
      expect(verifyInclusion({ ...p, index: n, size: n + 1 })).toBe(false);
    },
  );

  test.each([undefined, null, '0', 0n, [0], {}, true].map((value) => [value]))(
    '%o in the place of a number is refused',
    (value) => {
      const p = proofOf(0, 1);
      expect(verifyInclusion({ ...p, index: value as number })).toBe(false);
      expect(verifyInclusion({ ...p, size: value as number })).toBe(false);
    },
  );

  test.each([0, 1, 31, 33, 64])('hashes of %i bytes are refused', (length) => {
    const p = proofOf(1, 2);
    const wrong = new Uint8Array(length);
    expect(verifyInclusion({ ...p, leafHash: wrong })).toBe(false);
    expect(verifyInclusion({ ...p, root: wrong })).toBe(false);
    expect(verifyInclusion({ ...p, proof: [wrong] })).toBe(false);
    // a tree of one leaf: the leaf is the root, whatever its length
    expect(verifyInclusion({ index: 0, size: 1, leafHash: wrong, proof: [], root: wrong })).toBe(false);
  });

  test.each(
    [undefined, null, 'x'.repeat(32), new Array(32).fill(0), new Uint16Array(32)].map((value) => [value]),
  )('%o is no hash', (value) => {
    const p = proofOf(1, 2);
    expect(verifyInclusion({ ...p, root: value as unknown as Uint8Array })).toBe(false);
    expect(verifyInclusion({ ...p, leafHash: value as unknown as Uint8Array })).toBe(false);
    expect(verifyInclusion({ ...p, proof: [value as unknown as Uint8Array] })).toBe(false);
    expect(verifyInclusion({ ...p, proof: value as unknown as Uint8Array[] })).toBe(false);
  });
});
