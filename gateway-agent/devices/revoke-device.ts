import type { Store } from '../keep/store.ts';
import { revokeCertificates } from './certificates.ts';
import { keysOf, requireDevice } from './device-keys.ts';
import { withdrawClaims } from './claims.ts';
import { requestRegistration } from './request-registration.ts';
import { GatewayError } from '../gateway-error.ts';

/**
 * Revokes a device: its token, certificates, invitations and keys count no longer from this moment on, whoever holds them,
 * and DeviceRegistry is to be told. With `key` only that key.
 *
 * @param fromIndex entry of this gateway's log from which on the keys' signatures do not count either, where it is known
 * since when they are stolen; otherwise what the log had anchored when the chain learns of it
 * @returns the numbers of the keys that counted before
 * @throws GatewayError DEVICE
 */
export function revokeDevice(
  store: Store,
  { device, key, fromIndex }: { device: string; key?: number | undefined; fromIndex?: number | undefined },
  now: number,
): number[] {
  const revoke = store.sqlite.transaction(() => {
    requireDevice(store, device);
    const known = keysOf(store, device);
    if (key !== undefined && !known.some((one) => one.key === key))
      throw new GatewayError('DEVICE', `${device} has no key ${key} here`);
    const ended = known.filter((one) => one.revoked === 0 && (key === undefined || one.key === key));
    for (const { id, key: number, publicKey } of ended) {
      store.sqlite.prepare('UPDATE device_keys SET revoked = 1, revoked_at = ? WHERE id = ?').run(now, id);
      requestRegistration(store, { kind: 'revoke', device, key: number, publicKey, fromIndex }, now);
    }
    if (key === undefined) {
      withdrawClaims(store, device);
      revokeCertificates(store, device, undefined, now);
      store.sqlite
        .prepare("UPDATE devices SET revoked_at = ?, token_hash = X'' WHERE device = ?")
        .run(now, device);
    }
    return ended.map((one) => one.key);
  });
  return revoke.immediate();
}
