import { randomInt } from 'node:crypto';

/** Crockford's: nothing in it looks like something else. */
const letters = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** `7K2M-9QXA`: 40 bits, of which the guess limit lets nobody try more than some. */
export function newSetUpCode(): string {
  const part = (): string => Array.from({ length: 4 }, () => letters[randomInt(letters.length)]).join('');
  return `${part()}-${part()}`;
}
