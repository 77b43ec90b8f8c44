import { statSync } from 'node:fs';
import { join } from 'node:path';
import { readCalibrationStates } from '../calibrations/calibration-book.ts';
import { fractionOf } from '../capacity/measure-usage.ts';
import type { Config } from '../config.ts';
import { waitingClaims } from '../devices/approve-shown.ts';
import { listDevices } from '../devices/device-register.ts';
import type { Farm } from '../farm.ts';
import type { Quarantine } from '../keep/quarantine.ts';
import type { Store } from '../keep/store.ts';
import type { Clock } from '../log/clock.ts';
import type { Status } from '../observe/status.ts';
import type { DeviceRow, PageData } from './page-data.ts';

/** More of either, and a phone would show a page that nobody reads to its end. */
const mostDevices = 500;
const mostQuarantined = 50;

/** Reads what the page shows, from the store and from what the agent has in memory. */
export function pageDataReader(deps: {
  config: Config;
  store: Store;
  farm: Farm;
  quarantine: Pick<Quarantine, 'size' | 'newest'>;
  clock: Clock;
  status: () => Status;
  version: string;
  /** dBm by device, where devices report it */
  rssi: (device: string) => number | undefined;
}): () => PageData {
  const { config, store, farm, quarantine, clock, status, version, rssi } = deps;
  const selectAnchor = store.sqlite.prepare(
    'SELECT size, state, transaction_hash AS transactionHash, sent_at AS sentAt FROM anchors ORDER BY size DESC LIMIT 1',
  );

  function readDevices(): DeviceRow[] {
    const calibration = readCalibrationStates(store);
    const byDevice = Map.groupBy(farm.watch.latest(), ({ device }) => device);
    const keys = Map.groupBy(listDevices(store), ({ device }) => device);
    const heard = farm.watch.heard();
    return [...keys].slice(0, mostDevices).map(([device, all]) => {
      const readings = byDevice.get(device) ?? [];
      const heardAt = heard.get(device);
      const receivedAt = Math.max(...readings.map((reading) => reading.receivedAt));
      const before = readings.length === 0 ? undefined : Math.max(0, clock.now() - receivedAt);
      return {
        device,
        isRevoked: all.every(({ revoked }) => revoked),
        heardAgoMs: heardAt === undefined ? before : clock.sinceBootMs() - heardAt,
        rssi: rssi(device),
        readings: readings
          .toSorted((a, b) => a.type.localeCompare(b.type) || a.sensor.localeCompare(b.sensor))
          .map((reading) => ({ ...reading, calibration: calibration(reading, reading.time) })),
      };
    });
  }

  return () => {
    const now = status();
    return {
      status: now,
      version,
      now: clock.now(),
      clockIsSynchronised: clock.state() === 'synchronised',
      upMs: clock.sinceBootMs(),
      alarms: farm.watch.alarms(),
      devices: readDevices(),
      waitingClaims: waitingClaims(store).slice(0, mostQuarantined),
      links: [...farm.links].map(([name, health]) => {
        const state = health.state();
        return { name, state, sinceMs: Math.max(0, clock.sinceBootMs() - state.since) };
      }),
      lastAnchor: selectAnchor.get() as PageData['lastAnchor'],
      storeBytes: storeBytes(config.dataDir),
      usedPermille: Math.round(1000 * fractionOf(now.capacity)),
      diskAlarmPermille: config.alarms.diskUsedPermille,
      waitingNotices: farm.webhook?.waiting() ?? 0,
      quarantine: { count: quarantine.size(), newest: quarantine.newest(mostQuarantined) },
    };
  };
}

/** The database with its write-ahead log. */
function storeBytes(dataDir: string): number {
  return ['gateway.db', 'gateway.db-wal'].reduce(
    (sum, name) => sum + (statSync(join(dataDir, name), { throwIfNoEntry: false })?.size ?? 0),
    0,
  );
}
