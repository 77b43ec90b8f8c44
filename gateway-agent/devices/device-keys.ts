import { GatewayError } from '../gateway-error.ts';
import type { Store } from '../keep/store.ts';
import { isNoOrphan, prepareFreeing } from './orphan-keys.ts';
import { requestRegistration } from './request-registration.ts';

/** A device's place in its own order: (boot, seq). */
export type Place = { boot: number; seq: number };

export type KeyRow = { id: number; device: string; key: number; publicKey: Buffer; revoked: number };

const maxSafe = Number.MAX_SAFE_INTEGER;

/** All keys of a device, oldest first; not those that the registry has taken back. */
export function keysOf({ sqlite }: Pick<Store, 'sqlite'>, device: string): KeyRow[] {
  return sqlite
    .prepare(
      `SELECT id, device, key, public_key AS publicKey, revoked FROM device_keys k
       WHERE device = ? AND ${isNoOrphan} ORDER BY key`,
    )
    .all(device) as KeyRow[];
}

/**
 * Gives a device its next key, in the caller's transaction, and queues it for DeviceRegistry. Where it has a key that
 * counts, that one hands over: both count until `last`, the old one's last message. Without `last` the boot that the device is
 * in now is the old key's last: what the device has measured and not sent yet still counts, and the new key begins with
 * its next start.
 *
 * @returns the number of the new key, and where the old one ends
 * @throws GatewayError DEVICE for a key that belongs to somebody already
 */
export function addKey(
  store: Pick<Store, 'sqlite'>,
  { device, publicKey, last }: { device: string; publicKey: Uint8Array; last?: Place | undefined },
  now: number,
): { key: number; replaced: { key: number; last: Place } | undefined } {
  const { sqlite } = store;
  const taken = sqlite
    .prepare('SELECT device, key FROM device_keys WHERE public_key = ?')
    .get(Buffer.from(publicKey)) as { device: string; key: number } | undefined;
  if (taken !== undefined) {
    throw new GatewayError(
      'DEVICE',
      `${device}: this public key is already key ${taken.key} of ${taken.device}; have the device make a new one`,
    );
  }
  prepareFreeing(sqlite)();
  const known = keysOf(store, device);
  const key = (known.at(-1)?.key ?? 0) + 1;
  sqlite
    .prepare('INSERT INTO device_keys (device, key, public_key) VALUES (?, ?, ?)')
    .run(device, key, Buffer.from(publicKey));
  const old = known.findLast(({ revoked }) => revoked === 0);
  if (old === undefined) {
    requestRegistration(store, { kind: 'enrol', device, key, publicKey }, now);
    return { key, replaced: undefined };
  }
  const end = last ?? { boot: Math.max(1, lastBootOf(store, old.id)), seq: maxSafe };
  sqlite
    .prepare('UPDATE device_keys SET last_boot = ?, last_seq = ? WHERE id = ?')
    .run(end.boot, end.seq, old.id);
  requestRegistration(
    store,
    { kind: 'rotate', device, key, publicKey: old.publicKey, newPublicKey: publicKey, last: end },
    now,
  );
  return { key, replaced: { key: old.key, last: end } };
}

/** The newest boot of which this gateway has a message under a key; 0 without one. */
function lastBootOf({ sqlite }: Pick<Store, 'sqlite'>, keyId: number): number {
  return sqlite
    .prepare('SELECT COALESCE(MAX(boot), 0) FROM seen WHERE key_id = ?')
    .pluck()
    .get(keyId) as number;
}

/** @throws GatewayError DEVICE, which names the device */
export function requireDevice({ sqlite }: Pick<Store, 'sqlite'>, device: string): void {
  if (sqlite.prepare('SELECT 1 FROM devices WHERE device = ?').get(device) === undefined)
    throw new GatewayError(
      'DEVICE',
      `this gateway knows no device ${device}; "devices list" names those that it knows`,
    );
}
