import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { equalBytes, hexToBytes } from '../encoding/bytes.ts';
import { consistencyCases } from '../vectors/merkle-cases.ts';
import { naiveLeaf, naiveProof, naiveRoot, replayProof } from '../vectors/naive-tree.ts';
import { emptyRoot } from './hash.ts';
import { verifyConsistency } from './verify-consistency.ts';

const leaves = Array.from({ length: 300 }, (_, i) => naiveLeaf(Uint8Array.of(i >> 8, i & 0xff)));
const rootOf = (size: number) => naiveRoot(leaves.slice(0, size));

function proofOf(size1: number, size2: number) {
  return {
    size1,
    size2,
    root1: rootOf(size1),
    root2: rootOf(size2),
    proof: naiveProof(size1, leaves.slice(0, size2)),
  };
}

const splitHashes = (hex: string) => (hex.match(/.{64}/g) ?? []).map((hash) => hexToBytes(hash));

const flipped = (bytes: Uint8Array, bit: number): Uint8Array => {
  const copy = bytes.slice();
  copy[bit >> 3]! ^= 1 << (bit & 7);
  return copy;
};

describe('verifyConsistency', () => {
  test.each(consistencyCases())('$what', ({ size1, size2, root1, root2, proof, valid }) => {
    const p = { size1, size2, root1: hexToBytes(root1), root2: hexToBytes(root2), proof: splitHashes(proof) };
    expect(verifyConsistency(p)).toBe(valid);
  });

  test('every two trees up to 40 leaves', () => {
    for (let size2 = 1; size2 <= 40; size2++) {
      for (let size1 = 1; size1 <= size2; size1++) {
        expect(verifyConsistency(proofOf(size1, size2)), `${size1} to ${size2}`).toBe(true);
      }
    }
  });

  test('every single changed bit of a root or of the proof is refused', () => {
    for (const p of [proofOf(3, 3), proofOf(4, 7), proofOf(6, 7), proofOf(131, 211), proofOf(128, 256)]) {
      for (let bit = 0; bit < 256; bit++) {
        expect(verifyConsistency({ ...p, root1: flipped(p.root1, bit) })).toBe(false);
        expect(verifyConsistency({ ...p, root2: flipped(p.root2, bit) })).toBe(false);
        p.proof.forEach((hash, i) => {
          expect(verifyConsistency({ ...p, proof: p.proof.with(i, flipped(hash, bit)) })).toBe(false);
        });
      }
    }
  });

  test('gives the verdict of the recursive definition for every other two sizes', () => {
    for (const [size1, size2] of [
      [1, 1],
      [1, 2],
      [2, 3],
      [3, 7],
      [4, 7],
      [6, 8],
      [8, 13],
      [16, 17],
    ] as const) {
      const p = proofOf(size1, size2);
      for (let other1 = 0; other1 <= 36; other1++) {
        for (let other2 = 0; other2 <= 36; other2++) {
          const roots =
            other1 > 0 && other1 <= other2 ? replayProof(other1, other2, p.root1, p.proof) : undefined;
          const expected =
            roots !== undefined && equalBytes(roots.old, p.root1) && equalBytes(roots.grown, p.root2);
          const got = verifyConsistency({ ...p, size1: other1, size2: other2 });
          expect(got, `${size1} to ${size2} as ${other1} to ${other2}: ${got}`).toBe(expected);
        }
      }
    }
  });

  test('a log that rewrote one leaf has no proof from its honest past', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 120 }), fc.nat({ max: 120 }), fc.nat(), (size1, more, at) => {
        const size2 = size1 + more;
        const rewritten = leaves.slice(0, size2).with(at % size1, naiveLeaf(Uint8Array.of(9, 9, 9)));
        expect(
          verifyConsistency({
            size1,
            size2,
            root1: rootOf(size1),
            root2: naiveRoot(rewritten),
            proof: naiveProof(size1, rewritten),
          }),
        ).toBe(false);
      }),
      { numRuns: 60 },
    );
  });

  test('an append from nothing is false here, whatever comes with it', () => {
    const root2 = rootOf(5);
    for (const root1 of [emptyRoot(), new Uint8Array(32), root2]) {
      expect(verifyConsistency({ size1: 0, size2: 5, root1, root2, proof: [] })).toBe(false);
      expect(verifyConsistency({ size1: 0, size2: 0, root1, root2: root1, proof: [] })).toBe(false);
    }
  });

  test('equal sizes want equal roots and no hash', () => {
    const p = proofOf(5, 5);
    expect(verifyConsistency(p)).toBe(true);
    expect(verifyConsistency({ ...p, root2: rootOf(4) })).toBe(false);
    expect(verifyConsistency({ ...p, proof: [p.root1] })).toBe(false);
  });

  test('a proof that is shorter, longer or in another order is refused', () => {
    const p = proofOf(131, 211);
    expect(verifyConsistency({ ...p, proof: p.proof.slice(1) })).toBe(false);
    expect(verifyConsistency({ ...p, proof: p.proof.slice(0, -1) })).toBe(false);
    expect(verifyConsistency({ ...p, proof: [...p.proof, p.root2] })).toBe(false);
    expect(verifyConsistency({ ...p, proof: [p.root1, ...p.proof] })).toBe(false);
    expect(verifyConsistency({ ...p, proof: p.proof.toReversed() })).toBe(false);
    expect(verifyConsistency({ ...p, proof: new Array(100_000).fill(p.root1) })).toBe(false);
  });

  test.each([Number.NaN, -1, 0.5, 1.5, 2 ** 53, 2 ** 60, Infinity, -Infinity])(
    'the number %d is refused',
    (n) => {
      const p = proofOf(1, 2);
      expect(verifyConsistency({ ...p, size1: n })).toBe(false);
      expect(verifyConsistency({ ...p, size2: n })).toBe(false);
      expect(verifyConsistency({ size1: n, size2: n, root1: p.root1, root2: p.root1, proof: [] })).toBe(
        false,
      );
    },
  );

  test.each([undefined, null, '1', 1n, [1], {}, true].map((value) => [value]))(
    '%o in the place of a number is refused',
    (value) => {
      const p = proofOf(1, 2);
      expect(verifyConsistency({ ...p, size1: value as number })).toBe(false);
      expect(verifyConsistency({ ...p, size2: value as number })).toBe(false);
    },
  );

  test.each([0, 1, 31, 33, 64])('hashes of %i bytes are refused', (length) => {
    const p = proofOf(1, 2);
    const wrong = new Uint8Array(length);
    expect(verifyConsistency({ ...p, root1: wrong })).toBe(false);
    expect(verifyConsistency({ ...p, root2: wrong })).toBe(false);
    expect(verifyConsistency({ ...p, proof: [wrong] })).toBe(false);
    expect(verifyConsistency({ size1: 1, size2: 1, root1: wrong, root2: wrong, proof: [] })).toBe(false);
  });

  test.each(
    [undefined, null, 'x'.repeat(32), new Array(32).fill(0), new Uint16Array(32)].map((value) => [value]),
  )('%o is no hash', (value) => {
    const p = proofOf(1, 2);
    expect(verifyConsistency({ ...p, root1: value as unknown as Uint8Array })).toBe(false);
    expect(verifyConsistency({ ...p, root2: value as unknown as Uint8Array })).toBe(false);
    expect(verifyConsistency({ ...p, proof: [value as unknown as Uint8Array] })).toBe(false);
    expect(verifyConsistency({ ...p, proof: value as unknown as Uint8Array[] })).toBe(false);
  });
});
