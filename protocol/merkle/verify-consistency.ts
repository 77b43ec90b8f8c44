import { equalBytes } from '../encoding/bytes.ts';
import { nodeHash } from './hash.ts';
import { areHashes, isHash, isTreeSize } from './shape.ts';

/**
 * RFC 9162 section 2.1.4.2: the tree of `size1` leaves is a prefix of the one of `size2`.
 * Equal sizes verify with equal roots and an empty proof. A first append, from size 0, has nothing to be consistent with
 * and is the caller's own case: it is false here, as is anything malformed.
 */
export function verifyConsistency(p: {
  size1: number;
  size2: number;
  root1: Uint8Array;
  root2: Uint8Array;
  proof: Uint8Array[];
}): boolean {
  if (!isTreeSize(p.size1) || !isTreeSize(p.size2) || p.size1 === 0 || p.size1 > p.size2) return false;
  if (!isHash(p.root1) || !isHash(p.root2) || !areHashes(p.proof)) return false;
  if (p.size1 === p.size2) return p.proof.length === 0 && equalBytes(p.root1, p.root2);

  let node = p.size1 - 1;
  let last = p.size2 - 1;
  while (node % 2 === 1) {
    node = Math.floor(node / 2);
    last = Math.floor(last / 2);
  }
  // Where size1 is a power of two the old root itself is the first hash, and the proof leaves it out.
  const path = node === 0 ? [p.root1, ...p.proof] : p.proof;
  const [seed, ...siblings] = path;
  if (seed === undefined) return false;
  let old = seed;
  let grown = seed;
  for (const sibling of siblings) {
    if (last === 0) return false;
    if (node % 2 === 1 || node === last) {
      old = nodeHash(sibling, old);
      grown = nodeHash(sibling, grown);
      while (node % 2 === 0 && node !== 0) {
        node = Math.floor(node / 2);
        last = Math.floor(last / 2);
      }
    } else {
      grown = nodeHash(grown, sibling);
    }
    node = Math.floor(node / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 && equalBytes(old, p.root1) && equalBytes(grown, p.root2);
}
