import { sha256 } from '@noble/hashes/sha2.js';
import { concatBytes } from '@noble/hashes/utils.js';

// RFC 6962 section 2.1 as it is written, recursive and slow, sharing no line with what it is the reference of.

const half = (n: number): number => {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
};

export const naiveLeaf = (entry: Uint8Array): Uint8Array => sha256(concatBytes(Uint8Array.of(0), entry));

export const naiveNode = (left: Uint8Array, right: Uint8Array): Uint8Array =>
  sha256(concatBytes(Uint8Array.of(1), left, right));

/** MTH(D[n]), over leaf hashes. */
export function naiveRoot(leaves: readonly Uint8Array[]): Uint8Array {
  if (leaves.length === 0) return sha256(new Uint8Array(0));
  if (leaves.length === 1) return leaves[0]!;
  const k = half(leaves.length);
  return naiveNode(naiveRoot(leaves.slice(0, k)), naiveRoot(leaves.slice(k)));
}

/** PATH(m, D[n]). */
export function naivePath(m: number, leaves: readonly Uint8Array[]): Uint8Array[] {
  if (leaves.length === 1) return [];
  const k = half(leaves.length);
  return m < k
    ? [...naivePath(m, leaves.slice(0, k)), naiveRoot(leaves.slice(k))]
    : [...naivePath(m - k, leaves.slice(k)), naiveRoot(leaves.slice(0, k))];
}

/** PROOF(m, D[n]). */
export function naiveProof(m: number, leaves: readonly Uint8Array[]): Uint8Array[] {
  return subproof(m, leaves, true);
}

function subproof(m: number, leaves: readonly Uint8Array[], whole: boolean): Uint8Array[] {
  const n = leaves.length;
  if (m === n) return whole ? [] : [naiveRoot(leaves)];
  const k = half(n);
  return m <= k
    ? [...subproof(m, leaves.slice(0, k), whole), naiveRoot(leaves.slice(k))]
    : [...subproof(m - k, leaves.slice(k), false), naiveRoot(leaves.slice(0, k))];
}

/** The root that PATH's recursion leads to, read backwards; undefined where the proof has not the path's length. */
export function replayPath(
  m: number,
  n: number,
  leaf: Uint8Array,
  proof: readonly Uint8Array[],
): Uint8Array | undefined {
  if (n === 1) return proof.length === 0 ? leaf : undefined;
  const sibling = proof.at(-1);
  if (sibling === undefined) return undefined;
  const k = half(n);
  const inner =
    m < k ? replayPath(m, k, leaf, proof.slice(0, -1)) : replayPath(m - k, n - k, leaf, proof.slice(0, -1));
  if (inner === undefined) return undefined;
  return m < k ? naiveNode(inner, sibling) : naiveNode(sibling, inner);
}

/** The two roots that SUBPROOF's recursion leads to, read backwards, given the old root. */
export function replayProof(
  m: number,
  n: number,
  root1: Uint8Array,
  proof: readonly Uint8Array[],
  whole = true,
): { old: Uint8Array; grown: Uint8Array } | undefined {
  if (m === n) {
    if (proof.length !== (whole ? 0 : 1)) return undefined;
    const same = whole ? root1 : proof[0]!;
    return { old: same, grown: same };
  }
  const sibling = proof.at(-1);
  if (sibling === undefined) return undefined;
  const rest = proof.slice(0, -1);
  const k = half(n);
  if (m <= k) {
    const inner = replayProof(m, k, root1, rest, whole);
    return inner && { old: inner.old, grown: naiveNode(inner.grown, sibling) };
  }
  const inner = replayProof(m - k, n - k, root1, rest, false);
  return inner && { old: naiveNode(sibling, inner.old), grown: naiveNode(sibling, inner.grown) };
}
