import { z } from 'zod';
import type { QuantityName } from '@tianyuan/protocol';
import { quantityNames } from '@tianyuan/protocol';
import type { Store } from '../keep/store.ts';
import type { BoardAlarm } from './alarm-board.ts';
import { alarmKinds } from './alarm-kinds.ts';
import type { ColdChainMemory } from './cold-chain.ts';

/** The newest reading of a sensor; a sensor without a name is the empty string. */
export type LatestReading = {
  device: string;
  sensor: string;
  type: QuantityName;
  value: number;
  /** the device's clock and the gateway's, Unix ms */
  time: number;
  receivedAt: number;
};

/** What a sensor is known by. */
export type SensorName = Pick<LatestReading, 'device' | 'type' | 'sensor'>;

/** The watch's side of the store. Writes are inside the caller's transaction. */
export type WatchStore = {
  readCursor: () => number | undefined;
  readMemories: () => Map<string, ColdChainMemory>;
  readAlarms: () => BoardAlarm[];
  readLatest: () => LatestReading[];
  write: (what: {
    cursor: number;
    memories: readonly [name: string, memory: ColdChainMemory][];
    alarms: readonly BoardAlarm[];
    latest: readonly LatestReading[];
    /** sensors of which nothing is shown any more */
    forgotten: readonly SensorName[];
  }) => void;
};

const detailSchema = z.record(z.string(), z.union([z.number(), z.string()]));
const coldChainPrefix = 'cold-chain/';

export function openWatchStore({ sqlite }: Store): WatchStore {
  const upsertMemory = sqlite.prepare(
    'INSERT INTO watch_memory (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
  );
  const clearAlarms = sqlite.prepare('DELETE FROM alarms');
  const insertAlarm = sqlite.prepare(
    'INSERT INTO alarms (kind, subject, state, since, raised_at, detail) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const upsertLatest = sqlite.prepare(
    `INSERT INTO latest_readings (device, sensor, type, value, time, received_at) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (device, type, sensor) DO UPDATE SET value = excluded.value, time = excluded.time, received_at = excluded.received_at`,
  );
  const deleteLatest = sqlite.prepare(
    'DELETE FROM latest_readings WHERE device = ? AND type = ? AND sensor = ?',
  );
  const readRows = <Row>(query: string): Row[] => sqlite.prepare(query).all() as Row[];

  return {
    readCursor() {
      const [row] = readRows<{ value: string }>("SELECT value FROM watch_memory WHERE name = 'cursor'");
      return row === undefined ? undefined : Number(row.value);
    },
    readMemories: () =>
      new Map(
        readRows<{ name: string; value: string }>(
          `SELECT name, value FROM watch_memory WHERE name LIKE '${coldChainPrefix}%'`,
        ).map(({ name, value }) => [
          name.slice(coldChainPrefix.length),
          JSON.parse(value) as ColdChainMemory,
        ]),
      ),
    readAlarms: () =>
      readRows<
        Omit<BoardAlarm, 'detail' | 'raisedAt'> & { kind: string; detail: string; raisedAt: number | null }
      >('SELECT kind, subject, state, since, raised_at AS raisedAt, detail FROM alarms')
        // A newer version may have known kinds that this one does not.
        .filter(({ kind }) => kind in alarmKinds)
        .map((row) => ({
          ...row,
          raisedAt: row.raisedAt ?? undefined,
          detail: detailSchema.parse(JSON.parse(row.detail)),
        })),
    readLatest: () =>
      readRows<Omit<LatestReading, 'type'> & { type: string }>(
        'SELECT device, sensor, type, value, time, received_at AS receivedAt FROM latest_readings',
      ).flatMap((row) => {
        const type = quantityNames.find((name) => name === row.type);
        return type === undefined ? [] : [{ ...row, type }];
      }),
    write({ cursor, memories, alarms, latest, forgotten }) {
      upsertMemory.run('cursor', String(cursor));
      for (const [name, memory] of memories) upsertMemory.run(coldChainPrefix + name, JSON.stringify(memory));
      clearAlarms.run();
      for (const { kind, subject, state, since, raisedAt, detail } of alarms)
        insertAlarm.run(kind, subject, state, Math.round(since), raisedAt ?? null, JSON.stringify(detail));
      for (const { device, sensor, type, value, time, receivedAt } of latest)
        upsertLatest.run(device, sensor, type, value, time, receivedAt);
      for (const { device, type, sensor } of forgotten) deleteLatest.run(device, type, sensor);
    },
  };
}
