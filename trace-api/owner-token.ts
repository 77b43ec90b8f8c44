import { createHash, timingSafeEqual } from 'node:crypto';

/** Whether a request carries the owner's bearer token. Always false where none is configured. */
export type IsOwner = (authorization: string | undefined) => boolean;

/** Compares hashes, so that neither the time nor the length says how much of a guess was right. */
export function ownerCheck(token: string | undefined): IsOwner {
  if (token === undefined) return () => false;
  const expected = sha256(token);
  return (authorization) => {
    const [, given] = /^Bearer +(\S+)$/i.exec(authorization ?? '') ?? [];
    return given !== undefined && timingSafeEqual(sha256(given), expected);
  };
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
