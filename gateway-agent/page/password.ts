import { type ScryptOptions, randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { type Store, readSetting, writeSetting } from '../keep/store.ts';

/** Between what can be guessed and what a form takes. */
export const minPasswordLength = 8;
export const maxPasswordLength = 200;

/** OWASP Password Storage Cheat Sheet: N=2^15, r=8, p=3; 32 MB for a moment, which an ARM board has. */
const cost = { N: 2 ** 15, r: 8, p: 3, maxmem: 64 * 1024 * 1024 } as const satisfies ScryptOptions;
const settingName = 'pagePassword';

/** What is stored of the password of the status page; undefined before one was set. Another one ends all sessions. */
export function readPasswordHash(store: Store): string | undefined {
  return readSetting(store, settingName);
}

/** @param password of {@link minPasswordLength} to {@link maxPasswordLength} characters */
export async function setPassword(store: Store, password: string): Promise<void> {
  const salt = randomBytes(16);
  const hash = await hashPassword(password, salt);
  writeSetting(store, settingName, `scrypt:${salt.toString('base64url')}:${hash.toString('base64url')}`);
}

export async function isPassword(stored: string, password: string): Promise<boolean> {
  const [, salt = '', hash = ''] = stored.split(':');
  const expected = Buffer.from(hash, 'base64url');
  const given = await hashPassword(password.slice(0, maxPasswordLength), Buffer.from(salt, 'base64url'));
  return expected.length === given.length && timingSafeEqual(expected, given);
}

/** NFKC, since one key of a keyboard may give a character in two forms (RFC 8265 section 4.2). */
function hashPassword(password: string, salt: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password.normalize('NFKC'), salt, 32, cost, (error, hash) => {
      if (error) reject(error);
      else resolve(hash);
    });
  });
}
