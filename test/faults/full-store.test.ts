import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openPayloadDropper } from '@tianyuan/gateway-agent/capacity/drop-payloads.ts';
import { enrolDevice } from '@tianyuan/gateway-agent/devices/device-register.ts';
import { type Arrival, openKeep } from '@tianyuan/gateway-agent/keep/keep.ts';
import { openQuarantine } from '@tianyuan/gateway-agent/keep/quarantine.ts';
import { openStore } from '@tianyuan/gateway-agent/keep/store.ts';
import { openCheckpoints } from '@tianyuan/gateway-agent/log/checkpoints.ts';
import { systemClock } from '@tianyuan/gateway-agent/log/clock.ts';
import { openLog } from '@tianyuan/gateway-agent/log/log.ts';
import { openJudge } from '@tianyuan/gateway-agent/rules/judge.ts';
import { packReadings } from '@tianyuan/gateway-agent/rules/packed-readings.ts';
import { builtInRuleSet } from '@tianyuan/gateway-agent/rules/rule-set.ts';
import {
  appendToRange,
  encodeBase64,
  leafHash,
  newSecretKey,
  publicKeyOf,
  rangeRoot,
  signEd25519,
} from '@tianyuan/protocol';
import { afterAll, beforeAll, expect, test } from 'vitest';

// SQLite itself says SQLITE_FULL at the page that the store may not have, so every page that a write needs is the one
// that is missing once.
const secretKey = newSecretKey();
let work: string;

beforeAll(() => {
  work = mkdtempSync(join(tmpdir(), 'tianyuan-full-'));
  const { store, keep } = open(join(work, 'template'));
  keep.keep(messages(1, 600));
  keep.keep([refused('before')]);
  store.close();
});
afterAll(() => rmSync(work, { recursive: true, force: true }));

function open(dataDir: string) {
  const store = openStore(dataDir);
  const log = openLog(store);
  const quarantine = openQuarantine(store, 1_000_000);
  const judge = openJudge(store, () => builtInRuleSet);
  const keep = openKeep(store, log, quarantine, { boot: 1, clock: systemClock(), judge });
  const checkpoints = openCheckpoints(store, log, {
    origin: 'full.example/log',
    key: { secretKey, publicKey: publicKeyOf(secretKey) },
    sign: (text) => signEd25519(secretKey, text),
    now: Date.now,
  });
  return { store, log, quarantine, keep, checkpoints, dropper: openPayloadDropper(store, keep) };
}
type Opened = ReturnType<typeof open>;

function messages(from: number, count: number): Arrival[] {
  return Array.from({ length: count }, (_, i) => ({
    device: `device-${i % 7}`,
    payload: Buffer.from(`message ${from + i} `.padEnd(1500, 'x')),
    receivedAt: 1,
    sinceBootMs: 1,
    verdict: {
      code: 'VERIFIED',
      keyId: 1 + (i % 7),
      boot: 1,
      seq: from + i,
      time: 1_800_000_000_000,
      readings: packReadings([{ type: 'temperature', sensor: `s${i}`, value: i }]),
    },
  }));
}

const refused = (payload: string): Arrival => ({
  device: 'device-1',
  payload: Buffer.from(payload.padEnd(9000, '?')),
  receivedAt: 1,
  sinceBootMs: 1,
  verdict: { code: 'MALFORMED', detail: 'not JSON' },
});

const equivocal = (): Arrival => ({
  ...messages(1, 1)[0]!,
  payload: Buffer.from('another story'.padEnd(9000)),
});

const tables = [
  'entries',
  'seen',
  'equivocations',
  'tiles',
  'quarantine',
  'refusals',
  'device_states',
  'evictions',
  'checkpoints',
  'devices',
  'device_keys',
];

function stateOf({ store, log, quarantine }: Opened) {
  return {
    rows: tables.map((table) => store.sqlite.prepare(`SELECT * FROM ${table}`).raw().all()),
    size: log.size(),
    root: log.root(),
    counts: quarantine.counts(),
  };
}

const sites: Record<string, (opened: Opened) => unknown> = {
  'a commit of messages, that completes tiles': ({ keep }) => keep.keep(messages(601, 300)),
  'evidence of equivocation': ({ keep }) => keep.keep([equivocal()]),
  quarantine: ({ keep }) => keep.keep([refused('one'), refused('two')]),
  'a statement': ({ keep }) => keep.keepOwn('statement', Buffer.alloc(9000, 1)),
  'checkpoints, one after the other': ({ checkpoints }) => {
    for (let size = 1; size < 40; size++) checkpoints.at(size);
  },
  'enrolments, one after the other': ({ store }) => {
    for (const publicKey of newPublicKeys) {
      enrolDevice(
        store,
        {
          device: publicKey
            .slice(0, 10)
            .toLowerCase()
            .replaceAll(/[^a-z]/g, 'x'),
          key: 1,
          publicKey,
          token: 'a token of a new device',
        },
        1,
      );
    }
  },
};

const newPublicKeys = Array.from({ length: 200 }, () => encodeBase64(publicKeyOf(newSecretKey())));

test.each(Object.keys(sites))(
  '%s: whatever page is the one too many, nothing of it is there, and later all of it',
  async (site) => {
    const write = sites[site]!;
    let failures = 0;
    for (let spare = 0; spare < 200; spare++) {
      const dataDir = join(work, 'copy');
      cpSync(join(work, 'template'), dataDir, { recursive: true });
      const opened = open(dataDir);
      try {
        const { sqlite } = opened.store;
        const before = stateOf(opened);
        sqlite.pragma(
          `max_page_count = ${(sqlite.pragma('page_count', { simple: true }) as number) + spare}`,
        );
        let failed = false;
        try {
          await write(opened);
        } catch (error) {
          failed = true;
          expect((error as { code: string }).code).toBe('SQLITE_FULL');
        }
        if (!failed) break;
        failures += 1;
        if (!site.endsWith('one after the other')) expect(stateOf(opened)).toEqual(before);
        sqlite.pragma('max_page_count = 1000000');
        await write(opened);
        const range = { size: 0, nodes: [] };
        for (const entry of sqlite
          .prepare('SELECT entry FROM entries ORDER BY idx')
          .pluck()
          .all() as Buffer[])
          appendToRange(range, leafHash(entry));
        expect(opened.log.root()).toEqual(rangeRoot(range));
      } finally {
        opened.store.close();
        rmSync(dataDir, { recursive: true });
      }
    }
    expect(failures).toBeGreaterThan(0);
  },
);

test('dropping payloads needs no page that the store has not', async () => {
  const dataDir = join(work, 'drop');
  cpSync(join(work, 'template'), dataDir, { recursive: true });
  const { store, dropper, log } = open(dataDir);
  const run = await dropper.bury(600, 'mirrored');
  const root = log.root();
  const { sqlite } = store;
  sqlite.pragma(`max_page_count = ${sqlite.pragma('page_count', { simple: true }) as number}`);
  await dropper.drop(run!);
  expect(sqlite.prepare('SELECT COUNT(*) FROM entries WHERE payload IS NOT NULL').pluck().get()).toBe(1);
  expect(sqlite.pragma('freelist_count', { simple: true })).toBeGreaterThan(150);
  expect(openLog(store).root()).toEqual(root);
  store.close();
});
