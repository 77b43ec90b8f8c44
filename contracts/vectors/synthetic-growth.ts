import { nodeHash } from '@tianyuan/protocol';

/** Two heads of one log and the RFC 9162 consistency proof from the smaller to the larger. */
export type Growth = {
  size1: number;
  size2: number;
  root1: Uint8Array;
  root2: Uint8Array;
  proof: Uint8Array[];
};

/**
 * A log that grew from `size1` to `size2` entries, 0 < size1 <= size2, made without its entries: the subtrees that the
 * proof does not look into are hashes from `random`, so that a log of 2^50 costs no more than its depth.
 * @param random gives 32 bytes at each call
 */
export function syntheticGrowth(size1: number, size2: number, random: () => Uint8Array): Growth {
  const { old, grown, proof } = subproof(size1, size2, true, random);
  return { size1, size2, root1: old, root2: grown, proof };
}

/** RFC 9162 section 2.1.4.1, SUBPROOF(m, D_n, b), with the two roots that it proves. */
function subproof(
  m: number,
  n: number,
  isWholeLog: boolean,
  random: () => Uint8Array,
): { old: Uint8Array; grown: Uint8Array; proof: Uint8Array[] } {
  if (m === n) {
    const root = random();
    return { old: root, grown: root, proof: isWholeLog ? [] : [root] };
  }
  let k = 1;
  while (k * 2 < n) k *= 2;
  if (m <= k) {
    const left = subproof(m, k, isWholeLog, random);
    const right = random();
    return { old: left.old, grown: nodeHash(left.grown, right), proof: [...left.proof, right] };
  }
  const left = random();
  const right = subproof(m - k, n - k, false, random);
  return {
    old: nodeHash(left, right.old),
    grown: nodeHash(left, right.grown),
    proof: [...right.proof, left],
  };
}
