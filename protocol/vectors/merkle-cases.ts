import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js';
import { naiveLeaf, naivePath, naiveProof, naiveRoot } from './naive-tree.ts';

// The eight leaves that implementations of RFC 6962 have tested themselves with since the first one.
export const classicEntries = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
].map((hex) => hexToBytes(hex));

/** All hashes in hex; `proof` is the hashes of the proof one after the other, 64 digits each. */
export type InclusionCase = {
  what: string;
  index: number;
  size: number;
  leafHash: string;
  proof: string;
  root: string;
  valid: boolean;
};

export type ConsistencyCase = {
  what: string;
  size1: number;
  size2: number;
  root1: string;
  root2: string;
  proof: string;
  valid: boolean;
};

const leaves = classicEntries.map(naiveLeaf);
const rootOf = (size: number): string => bytesToHex(naiveRoot(leaves.slice(0, size)));
const join = (hashes: readonly Uint8Array[]): string => hashes.map((hash) => bytesToHex(hash)).join('');
const garbage = 'aa'.repeat(32);

/** Flips the lowest bit of the byte at `at`, counted in bytes. */
const flip = (hex: string, at: number): string =>
  hex.slice(0, at * 2) +
  (Number.parseInt(hex.slice(at * 2, at * 2 + 2), 16) ^ 1).toString(16).padStart(2, '0') +
  hex.slice(at * 2 + 2);

/** Every inclusion proof of the eight trees, and what must be refused. */
export function inclusionCases(): InclusionCase[] {
  const cases: InclusionCase[] = [];
  for (let size = 1; size <= leaves.length; size++) {
    for (let index = 0; index < size; index++) {
      cases.push(inclusionOf(index, size));
      if (size % 2 === 1 || index === 5) cases.push(...spoiltInclusions(inclusionOf(index, size)));
    }
  }
  return cases;
}

/** Every consistency proof between the eight trees, and what must be refused. */
export function consistencyCases(): ConsistencyCase[] {
  const cases: ConsistencyCase[] = [];
  for (let size2 = 1; size2 <= leaves.length; size2++) {
    for (let size1 = 1; size1 <= size2; size1++) {
      cases.push(consistencyOf(size1, size2));
      if (size2 % 2 === 1 || size1 === 6) cases.push(...spoiltConsistencies(consistencyOf(size1, size2)));
    }
  }
  return cases;
}

function inclusionOf(index: number, size: number): InclusionCase {
  return {
    what: `leaf ${index} of ${size}`,
    index,
    size,
    leafHash: bytesToHex(leaves[index]!),
    proof: join(naivePath(index, leaves.slice(0, size))),
    root: rootOf(size),
    valid: true,
  };
}

function spoiltInclusions(good: InclusionCase): InclusionCase[] {
  const spoilt = (what: string, change: Partial<InclusionCase>): InclusionCase => ({
    ...good,
    ...change,
    what: `${good.what}: ${what}`,
    valid: false,
  });
  return [
    spoilt('a hash too many', { proof: good.proof + garbage }),
    spoilt('a hash too many in front', { proof: garbage + good.proof }),
    spoilt('the root appended', { proof: good.proof + good.root }),
    spoilt('the leaf in front', { proof: good.leafHash + good.proof }),
    spoilt('another root', { root: flip(good.root, 31) }),
    spoilt('another leaf', { leafHash: flip(good.leafHash, 0) }),
    spoilt('the index at the size', { index: good.size }),
    ...(good.size > 1
      ? [spoilt('the index of a neighbour', { index: good.index === 0 ? 1 : good.index - 1 })]
      : []),
    ...(good.proof === ''
      ? []
      : [
          spoilt('its last hash missing', { proof: good.proof.slice(0, -64) }),
          spoilt('its first hash missing', { proof: good.proof.slice(64) }),
          spoilt('a changed hash', { proof: flip(good.proof, good.proof.length / 2 - 1) }),
          spoilt('no proof at all', { proof: '' }),
        ]),
  ];
}

function consistencyOf(size1: number, size2: number): ConsistencyCase {
  return {
    what: `${size1} to ${size2}`,
    size1,
    size2,
    root1: rootOf(size1),
    root2: rootOf(size2),
    proof: join(naiveProof(size1, leaves.slice(0, size2))),
    valid: true,
  };
}

function spoiltConsistencies(good: ConsistencyCase): ConsistencyCase[] {
  const spoilt = (what: string, change: Partial<ConsistencyCase>): ConsistencyCase => ({
    ...good,
    ...change,
    what: `${good.what}: ${what}`,
    valid: false,
  });
  return [
    spoilt('a hash too many', { proof: good.proof + garbage }),
    spoilt('a hash too many in front', { proof: garbage + good.proof }),
    spoilt('the old root in front', { proof: good.root1 + good.proof }),
    spoilt('another old root', { root1: flip(good.root1, 0) }),
    spoilt('another new root', { root2: flip(good.root2, 31) }),
    spoilt('from size 0', { size1: 0 }),
    ...(good.size1 < good.size2
      ? [
          spoilt('shrinking', { size1: good.size2, size2: good.size1, root1: good.root2, root2: good.root1 }),
          spoilt('the roots swapped', { root1: good.root2, root2: good.root1 }),
          spoilt('as if nothing had been added', { size2: good.size1 }),
          spoilt('its last hash missing', { proof: good.proof.slice(0, -64) }),
          spoilt('a changed hash', { proof: flip(good.proof, 0) }),
          spoilt('no proof at all', { proof: '' }),
        ]
      : []),
  ];
}
