import { newSecretKey } from '@tianyuan/protocol';
import type { StateDatabase } from './state-database.ts';

/** The key that a device shows until its gateway has taken it, the same one again after a power cut: 32-byte seed. */
export function pendingKey(state: StateDatabase, device: string): Uint8Array {
  const make = state.transaction(() => {
    state
      .prepare('INSERT INTO pending_key (device, secret_key) VALUES (?, ?) ON CONFLICT DO NOTHING')
      .run(device, newSecretKey());
    return state.prepare('SELECT secret_key FROM pending_key WHERE device = ?').pluck().get(device);
  });
  return make.immediate() as Uint8Array;
}

/**
 * The device signs with its pending key from now on, in a new boot, so that no number is used under two keys in one boot. What
 * it has stored stays as it was signed.
 */
export function adoptKey(
  state: StateDatabase,
  device: string,
  { key, token }: { key: number; token: string },
): void {
  const adopt = state.transaction(() => {
    state
      .prepare(
        `INSERT INTO device (id, kind, secret_key, token, key)
         SELECT device, 'truck', secret_key, ?, ? FROM pending_key WHERE device = ?
         ON CONFLICT (id) DO UPDATE SET secret_key = excluded.secret_key, token = excluded.token, key = excluded.key,
           boot = boot + 1, seq = 0`,
      )
      .run(token, key, device);
    state.prepare('DELETE FROM pending_key WHERE device = ?').run(device);
  });
  adopt.immediate();
}
