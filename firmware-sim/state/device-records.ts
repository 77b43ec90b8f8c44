import { randomBytes } from 'node:crypto';
import { encodeBase64url, newSecretKey } from '@tianyuan/protocol';
import type { DeviceKind, FleetMember } from '../fleet.ts';
import type { StateDatabase } from './state-database.ts';

export type DeviceRecord = {
  id: string;
  kind: DeviceKind;
  /** the 32-byte Ed25519 seed */
  secret_key: Uint8Array;
  /** password of the MQTT user who is named as the device: 32 random bytes in base64url */
  token: string;
  /** number of the key, from 1 */
  key: number;
  /** restarts so far; 0 before the first */
  boot: number;
  /** the last number used in this boot */
  seq: number;
  /** the device's clock at its last message, Unix ms */
  time: number;
};

/** Makes keys for those members that have none. Returns the ids that are new. */
export function enrolDevices(state: StateDatabase, members: readonly FleetMember[]): string[] {
  const insert = state.prepare<[string, DeviceKind, Uint8Array, string]>(
    'INSERT INTO device (id, kind, secret_key, token) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING',
  );
  const enrol = state.transaction(() =>
    members.filter(({ device, kind }) => {
      const token = encodeBase64url(randomBytes(32));
      return insert.run(device, kind, newSecretKey(), token).changes === 1;
    }),
  );
  return enrol.immediate().map(({ device }) => device);
}

export function allDevices(state: StateDatabase): DeviceRecord[] {
  return state.prepare<[], DeviceRecord>('SELECT * FROM device ORDER BY id').all();
}

export function findDevice(state: StateDatabase, id: string): DeviceRecord | undefined {
  return state.prepare<[string], DeviceRecord>('SELECT * FROM device WHERE id = ?').get(id);
}

/** Restarts a device: a new boot, and numbers from 1 again. On disk when it returns. */
export function startBoot(state: StateDatabase, id: string): DeviceRecord {
  return state
    .prepare<[string], DeviceRecord>('UPDATE device SET boot = boot + 1, seq = 0 WHERE id = ? RETURNING *')
    .get(id)!;
}

export type Counters = Pick<DeviceRecord, 'boot' | 'seq'>;

/** The counters of devices that sign. To be called inside one immediate transaction, for another process may sign too. */
export function openCounters(state: StateDatabase) {
  const read = state.prepare<[string], Counters>('SELECT boot, seq FROM device WHERE id = ?');
  const write = state.prepare<[number, number, string]>('UPDATE device SET seq = ?, time = ? WHERE id = ?');
  return {
    read: (id: string): Counters => read.get(id)!,
    write: (id: string, seq: number, timeMs: number): void => {
      write.run(seq, timeMs, id);
    },
  };
}
