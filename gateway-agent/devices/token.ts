import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { encodeBase64url } from '@tianyuan/protocol';

/** A secret that nobody guesses: 32 random bytes in unpadded base64url, 43 characters. */
export function newToken(): string {
  return encodeBase64url(randomBytes(32));
}

/** What is kept of a token. 32 random bytes need no slow hash. */
export function hashToken(token: Uint8Array | string): Buffer {
  return createHash('sha256').update(token).digest();
}

/** Constant time. @param expected empty where there is no token */
export function isToken(expected: Buffer, token: Uint8Array): boolean {
  return expected.length === 32 && timingSafeEqual(expected, hashToken(token));
}
