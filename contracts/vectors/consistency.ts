import {
  bytesToHex,
  concatBytes,
  hexToBytes,
  sha256,
  utf8ToBytes,
  verifyConsistency,
} from '@tianyuan/protocol';
import { type Growth, syntheticGrowth } from './synthetic-growth.ts';

/** One of `consistency.json`: what every verifier of RFC 9162 consistency proofs must say. Hashes are 32 bytes in hex. */
export type ConsistencyVector = {
  comment: string;
  size1: number;
  size2: number;
  root1: string;
  root2: string;
  proof: string[];
  valid: boolean;
};

const truePairs: [number, number][] = [
  ...allPairs(8),
  [6, 31],
  [31, 64],
  [63, 65],
  [64, 65],
  [100, 101],
  [2 ** 20 - 1, 2 ** 20 + 4095],
  [2 ** 32, 2 ** 32 + 1],
  [2 ** 52 - 1, 2 ** 53 - 1],
];
const mutatedPairs: [number, number][] = [
  [1, 2],
  [3, 7],
  [4, 7],
  [6, 8],
  [7, 8],
  [31, 64],
  [2 ** 20 - 1, 2 ** 20 + 4095],
];

/** The vectors, always the same ones. `valid` is the verdict of the TypeScript verifier. */
export function consistencyVectors(): ConsistencyVector[] {
  const vectors = truePairs.map(([size1, size2]) =>
    toVector(`${size1} entries grow to ${size2}`, growthOf(size1, size2)),
  );
  for (const [size1, size2] of mutatedPairs) {
    for (const [comment, mutant] of mutantsOf(growthOf(size1, size2))) {
      vectors.push(toVector(`${size1} to ${size2}: ${comment}`, mutant));
    }
  }
  return vectors;
}

/** The vector's hashes as bytes. */
export function toGrowth(vector: ConsistencyVector): Growth {
  return {
    size1: vector.size1,
    size2: vector.size2,
    root1: hexToBytes(vector.root1),
    root2: hexToBytes(vector.root2),
    proof: vector.proof.map((one) => hexToBytes(one)),
  };
}

/** All that a liar could change, one at a time. Some change of a size alone leaves a proof true: a vector as well. */
function* mutantsOf(growth: Growth): Generator<[string, Growth]> {
  const { size1, size2, root1, root2, proof } = growth;
  yield ['another old root', { ...growth, root1: flipBit(root1) }];
  yield ['another new root', { ...growth, root2: flipBit(root2) }];
  yield ['roots changed places', { ...growth, root1: root2, root2: root1 }];
  yield ['sizes changed places', { ...growth, size1: size2, size2: size1 }];
  yield ['no proof', { ...growth, proof: [] }];
  yield ['proof without its last hash', { ...growth, proof: proof.slice(0, -1) }];
  yield ['proof without its first hash', { ...growth, proof: proof.slice(1) }];
  yield ['proof with a hash too many', { ...growth, proof: [...proof, root1] }];
  yield ['proof with the old root before it', { ...growth, proof: [root1, ...proof] }];
  if (proof.length > 1) yield ['proof upside down', { ...growth, proof: proof.toReversed() }];
  for (const i of proof.keys()) {
    if (proof.length > 8 && i % 7 !== 0) continue;
    yield [`hash ${i} of the proof changed`, { ...growth, proof: proof.with(i, flipBit(proof[i]!)) }];
  }
  yield ['from the empty log', { ...growth, size1: 0 }];
  yield ['old size one less', { ...growth, size1: size1 - 1 }];
  yield ['old size one more', { ...growth, size1: size1 + 1 }];
  yield ['new size one less', { ...growth, size2: size2 - 1 }];
  yield ['new size one more', { ...growth, size2: size2 + 1 }];
  yield ['new size twice as large', { ...growth, size2: size2 * 2 }];
  yield ['the same size with a proof', { ...growth, size2: size1, root2: root1 }];
  yield ['the same size with another root', { ...growth, size2: size1, proof: [] }];
}

function growthOf(size1: number, size2: number): Growth {
  let count = 0;
  return syntheticGrowth(size1, size2, () => sha256(utf8ToBytes(`${size1} ${size2} ${count++}`)));
}

function toVector(comment: string, growth: Growth): ConsistencyVector {
  return {
    comment,
    size1: growth.size1,
    size2: growth.size2,
    root1: bytesToHex(growth.root1),
    root2: bytesToHex(growth.root2),
    proof: growth.proof.map(bytesToHex),
    valid: verifyConsistency(growth),
  };
}

function allPairs(largest: number): [number, number][] {
  const pairs: [number, number][] = [];
  for (let size2 = 1; size2 <= largest; size2++) {
    for (let size1 = 1; size1 <= size2; size1++) pairs.push([size1, size2]);
  }
  return pairs;
}

function flipBit(bytes: Uint8Array): Uint8Array {
  return concatBytes(Uint8Array.of(bytes[0]! ^ 0x01), bytes.subarray(1));
}
