import { secp256k1 } from '@noble/curves/secp256k1.js';
import { keccak_256 } from '@noble/hashes/sha3.js';
import { bytesToHex, concatBytes } from '../encoding/bytes.ts';

/**
 * Whose seal this is: the address, `0x` and 40 lower-case hex digits, of the secp256k1 key that signed `hash`. Undefined
 * where these bytes are nobody's signature.
 * @param hash 32 bytes
 * @param seal r ‖ s ‖ v, 65 bytes, v being 0 or 1
 */
export function recoverSigner(hash: Uint8Array, seal: Uint8Array): string | undefined {
  const v = seal[64];
  if (seal.length !== 65 || (v !== 0 && v !== 1)) return undefined;
  try {
    const recovered = concatBytes(Uint8Array.of(v), seal.subarray(0, 64));
    const compressed = secp256k1.recoverPublicKey(recovered, hash, { prehash: false });
    const point = secp256k1.Point.fromBytes(compressed).toBytes(false);
    return `0x${bytesToHex(keccak_256(point.subarray(1)).subarray(12))}`;
  } catch {
    return undefined; // r is no x coordinate, or r or s is out of range
  }
}
