import { sha256 as portableSha256 } from '@noble/hashes/sha2.js';

export type Sha256 = (message: Uint8Array) => Uint8Array;

let implementation: Sha256 = portableSha256;

/** SHA-256 (FIPS 180-4), 32 bytes. */
export function sha256(message: Uint8Array): Uint8Array {
  return implementation(message);
}

/**
 * Puts a native SHA-256 under every hash of this package. The pure one takes about 3 µs for a Merkle node where
 * `node:crypto` takes 1 µs, which a gateway feels; a browser does not.
 */
export function provideSha256(native: Sha256): void {
  implementation = native;
}
