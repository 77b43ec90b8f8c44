import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { decodeEntry, newSecretKey, parseMessage, publicKeyOf, signEd25519 } from '@tianyuan/protocol';
import pino from 'pino';
import { enrolDevice } from '../devices/device-register.ts';
import { openCheckpoints } from '../log/checkpoints.ts';
import { openLog } from '../log/log.ts';
import { openRestoration } from '../log/restoration.ts';
import { packReadings } from '../rules/packed-readings.ts';
import { enrolmentOf, newTestDevice, signedMessage } from '../test-device.ts';
import { newTestDirectory, testClock } from '../test-store.ts';
import { openKeep } from './keep.ts';
import { openOrSalvage } from './open-or-salvage.ts';
import { openQuarantine } from './quarantine.ts';
import { requireNotHeld } from './salvage.ts';
import { type Store, openStore, writeSetting } from './store.ts';

export const logger = pino({ enabled: false });
const device = newTestDevice('truck-1');
const secretKey = newSecretKey();
export const origin = 'gw-1.example/log';
/** Signed once: a signature of the portable code takes a millisecond. */
const payloads = Array.from({ length: 2000 }, (_, i) =>
  signedMessage(device, { seq: i + 1, time: 1_800_000_000_000 + i }),
);

export function openAll(store: Store) {
  const log = openLog(store);
  const keep = openKeep(store, log, openQuarantine(store, 100_000), { boot: 1, clock: testClock });
  const restoration = openRestoration(store, log, { origin, links: ['mirror'] });
  const checkpoints = openCheckpoints(store, log, {
    origin,
    key: { secretKey, publicKey: publicKeyOf(secretKey) },
    sign: (text) => signEd25519(secretKey, text),
    now: () => 42,
    requireProven() {
      requireNotHeld(store);
      restoration.requireProven();
    },
  });
  const take = (from: number, count: number) =>
    keep.keep(
      Array.from({ length: count }, (_, i) => {
        const seq = from + i;
        const readings = packReadings([{ type: 'temperature', value: 1 }]);
        return {
          device: device.id,
          payload: payloads[seq - 1] ?? signedMessage(device, { seq }),
          receivedAt: 7,
          sinceBootMs: 8,
          verdict: { code: 'VERIFIED', keyId: 1, boot: 1, seq, time: 0, readings } as const,
        };
      }),
    );
  return { store, log, keep, take, checkpoints, restoration };
}

const endings: (() => void)[] = [];

/** Closes and removes what a test opened: `afterEach(endAll)`. */
export function endAll(): void {
  for (const end of endings.splice(0).toReversed()) end();
}

/** A store of 2,000 messages and a statement, of which so many entries are signed; closed. */
export function newOldStore(signed: number): string {
  const { path, remove } = newTestDirectory();
  endings.push(remove);
  const store = openStore(path);
  writeSetting(store, 'origin', origin);
  writeSetting(store, 'boot', '7');
  enrolDevice(store, enrolmentOf(device), 0);
  const { take, keep, checkpoints } = openAll(store);
  take(1, 1000);
  keep.keepOwn('statement', Buffer.from('boot'));
  take(1001, 1000);
  if (signed > 0) checkpoints.at(signed);
  store.close();
  return path;
}

/** Overwrites a page of a table; `part` 0 is its first leaf, 1 its last. */
export function damage(dataDir: string, table: string, part: number): void {
  const store = openStore(dataDir);
  const pages = store.sqlite
    .prepare("SELECT pageno FROM dbstat WHERE name = ? AND pagetype = 'leaf' ORDER BY path")
    .pluck()
    .all(table) as number[];
  store.close();
  const page = pages[Math.round(part * (pages.length - 1))]!;
  const file = openSync(join(dataDir, 'gateway.db'), 'r+');
  writeSync(file, Buffer.alloc(4096, 0xaa), 0, 4096, (page - 1) * 4096);
  closeSync(file);
}

export function reopen(dataDir: string, now = Date.UTC(2026, 10, 24, 8, 30)) {
  const opened = openOrSalvage(dataDir, now, logger);
  endings.push(opened.store.close);
  return { ...opened, ...openAll(opened.store) };
}

export const seqsOf = (store: Store) =>
  (
    store.sqlite.prepare('SELECT entry, payload FROM entries ORDER BY idx').all() as {
      entry: Buffer;
      payload: Buffer | null;
    }[]
  )
    .filter(({ entry, payload }) => payload !== null && decodeEntry(entry).kind === 'message')
    .map(({ payload }) => parseMessage(payload!).message.seq);

export const entriesOf = (store: Store) =>
  store.sqlite.prepare('SELECT entry FROM entries ORDER BY idx').pluck().all() as Buffer[];
