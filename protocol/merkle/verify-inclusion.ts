import { equalBytes } from '../encoding/bytes.ts';
import { nodeHash } from './hash.ts';
import { areHashes, isHash, isTreeSize } from './shape.ts';

/**
 * RFC 9162 section 2.1.3.2.
 * @param p.index of the leaf, 0 <= index < size
 * @param p.proof 32-byte hashes from the leaf's sibling to the root's child
 * @returns false for any malformed number or length; never throws
 */
export function verifyInclusion(p: {
  index: number;
  size: number;
  leafHash: Uint8Array;
  proof: Uint8Array[];
  root: Uint8Array;
}): boolean {
  if (!isTreeSize(p.index) || !isTreeSize(p.size) || p.index >= p.size) return false;
  if (!isHash(p.leafHash) || !isHash(p.root) || !areHashes(p.proof)) return false;
  // Sizes go up to 2^53 - 1, past the 32 bits of JavaScript's shifts: halve and take remainders instead.
  let node = p.index;
  let last = p.size - 1;
  let hash = p.leafHash;
  for (const sibling of p.proof) {
    if (last === 0) return false;
    if (node % 2 === 1 || node === last) {
      hash = nodeHash(sibling, hash);
      while (node % 2 === 0 && node !== 0) {
        node = Math.floor(node / 2);
        last = Math.floor(last / 2);
      }
    } else {
      hash = nodeHash(hash, sibling);
    }
    node = Math.floor(node / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 && equalBytes(hash, p.root);
}
