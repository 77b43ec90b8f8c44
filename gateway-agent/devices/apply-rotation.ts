import { type Rotation, decodeBase64url } from '@tianyuan/protocol';
import type { Store } from '../keep/store.ts';
import { addKey, keysOf } from './device-keys.ts';

/**
 * Gives a device the key that it brought itself, in the caller's transaction: the message that says so is signed by the key
 * that hands over, and proven by the one that takes over.
 * @returns false where the key does not follow the device's newest one, or belongs to somebody already
 */
export function applyRotation(store: Store, rotation: Rotation, now: number): boolean {
  const { device, key, lastBoot, lastSeq } = rotation;
  const newest = keysOf(store, device).at(-1);
  if (newest === undefined || newest.key !== key - 1 || newest.revoked !== 0) return false;
  const publicKey = decodeBase64url(rotation.publicKey);
  const isTaken = store.sqlite
    .prepare('SELECT 1 FROM device_keys WHERE public_key = ?')
    .get(Buffer.from(publicKey));
  if (isTaken !== undefined) return false;
  addKey(store, { device, publicKey, last: { boot: lastBoot, seq: lastSeq } }, now);
  return true;
}
