import * as ed25519 from '@noble/ed25519';
import { sha512 } from '@noble/hashes/sha2.js';
import { concatBytes, equalBytes } from './encoding/bytes.ts';

ed25519.hashes.sha512 = sha512;

const { Point } = ed25519;
const groupOrder = Point.CURVE().n;

/**
 * libsodium's verdict (RFC 8032 section 5.1.7 without the cofactor): canonical A of no small order, S < L, and
 * S·B − k·A equal to R byte for byte, R of no small order. noble's own `verify` multiplies by the cofactor and so
 * accepts signatures that libsodium refuses; a log that two verifiers read differently proves nothing.
 *
 * @param publicKey 32 bytes
 * @param signature 64 bytes, R ‖ S
 * @returns false, never a throw, for anything that does not verify, wrong lengths included
 */
export function verifyEd25519(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (publicKey.length !== 32 || signature.length !== 64) return false;
  const encodedR = signature.subarray(0, 32);
  const s = littleEndian(signature.subarray(32));
  if (s >= groupOrder) return false;
  const a = decodePoint(publicKey);
  if (a === undefined || a.isSmallOrder()) return false;
  const k = littleEndian(sha512(concatBytes(encodedR, publicKey, message))) % groupOrder;
  const r = Point.BASE.multiplyUnsafe(s).add(a.negate().multiplyUnsafe(k));
  // R's own encoding is never decoded: one that is not canonical equals no encoding of ours.
  return equalBytes(r.toBytes(), encodedR) && !r.isSmallOrder();
}

/**
 * Whether a public key may be enrolled: 32 bytes, canonical, on the curve, and in the prime-order subgroup.
 * A small-order key "verifies" signatures that nobody made, and a mixed-order one splits verifiers.
 */
export function isAcceptablePublicKey(publicKey: Uint8Array): boolean {
  if (publicKey.length !== 32) return false;
  const point = decodePoint(publicKey);
  return point !== undefined && !point.isSmallOrder() && point.isTorsionFree();
}

/** @param secretKey the 32-byte seed of RFC 8032 section 5.1.5 */
export function signEd25519(secretKey: Uint8Array, message: Uint8Array): Uint8Array {
  return ed25519.sign(message, secretKey);
}

/** The 32-byte public key of a 32-byte seed. */
export function publicKeyOf(secretKey: Uint8Array): Uint8Array {
  return ed25519.getPublicKey(secretKey);
}

/** A new 32-byte seed from the platform's random source. */
export function newSecretKey(): Uint8Array {
  return ed25519.utils.randomSecretKey();
}

function decodePoint(encoding: Uint8Array): ed25519.Point | undefined {
  try {
    return Point.fromBytes(encoding, false);
  } catch {
    return undefined;
  }
}

function littleEndian(bytes: Uint8Array): bigint {
  let hex = '';
  for (let i = bytes.length - 1; i >= 0; i--) hex += bytes[i]!.toString(16).padStart(2, '0');
  return BigInt(`0x${hex}`);
}
