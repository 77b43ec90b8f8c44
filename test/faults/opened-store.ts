import { type PayloadDropper, openPayloadDropper } from '@tianyuan/gateway-agent/capacity/drop-payloads.ts';
import { type Arrival, type Keep, openKeep } from '@tianyuan/gateway-agent/keep/keep.ts';
import { type Quarantine, openQuarantine } from '@tianyuan/gateway-agent/keep/quarantine.ts';
import { type Store, openStore } from '@tianyuan/gateway-agent/keep/store.ts';
import { type Checkpoints, openCheckpoints } from '@tianyuan/gateway-agent/log/checkpoints.ts';
import { type Log, openLog } from '@tianyuan/gateway-agent/log/log.ts';
import { openJudge } from '@tianyuan/gateway-agent/rules/judge.ts';
import { packReadings } from '@tianyuan/gateway-agent/rules/packed-readings.ts';
import { builtInRuleSet } from '@tianyuan/gateway-agent/rules/rule-set.ts';
import { applyRotation } from '@tianyuan/gateway-agent/devices/apply-rotation.ts';
import { testClock } from '@tianyuan/gateway-agent/test-store.ts';
import {
  appendToRange,
  leafHash,
  newSecretKey,
  publicKeyOf,
  rangeRoot,
  signEd25519,
} from '@tianyuan/protocol';

/** A gateway's store with everything that writes to it by itself; its clock stands still. */
export type OpenedStore = {
  dataDir: string;
  store: Store;
  log: Log;
  quarantine: Quarantine;
  keep: Keep;
  checkpoints: Checkpoints;
  dropper: PayloadDropper;
};

export const origin = 'full.example/log';
const secretKey = newSecretKey();

export function openEverything(dataDir: string): OpenedStore {
  const store = openStore(dataDir);
  const log = openLog(store);
  const quarantine = openQuarantine(store, 1_000_000);
  const keep = openKeep(store, log, quarantine, {
    boot: 1,
    clock: testClock,
    judge: openJudge(store, () => builtInRuleSet),
    onRotation: (rotation) => void applyRotation(store, rotation, 1),
  });
  const checkpoints = openCheckpoints(store, log, {
    origin,
    key: { secretKey, publicKey: publicKeyOf(secretKey) },
    sign: (text) => signEd25519(secretKey, text),
    now: testClock.now,
  });
  return { dataDir, store, log, quarantine, keep, checkpoints, dropper: openPayloadDropper(store, keep) };
}

export function messages(from: number, count: number): Arrival[] {
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

export const refused = (payload: string): Arrival => ({
  device: 'device-1',
  payload: Buffer.from(payload.padEnd(9000, '?')),
  receivedAt: 1,
  sinceBootMs: 1,
  verdict: { code: 'MALFORMED', detail: 'not JSON' },
});

export const equivocal = (): Arrival => ({
  ...messages(1, 1)[0]!,
  payload: Buffer.from('another story'.padEnd(9000)),
});

/** What is random or a secret's hash, by table: two stores that did the same differ in it. */
const random: Record<string, readonly string[]> = { claims: ['token_hash'], devices: ['token_hash'] };
const randomSettings = new Set(['pagePassword', 'operatorTokenHash']);

/** Everything that the store holds, table by table, but for what is random. */
export function contentOf({ store: { sqlite } }: Pick<OpenedStore, 'store'>): Record<string, unknown[]> {
  const tables = sqlite
    .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name")
    .pluck()
    .all() as string[];
  return Object.fromEntries(
    tables.map((table) => {
      const rows = sqlite.prepare(`SELECT * FROM ${table}`).all() as Record<string, unknown>[];
      return [table, rows.map((row) => JSON.stringify(withoutChance(table, row)))];
    }),
  );
}

/** The gateway's own words have a nonce in them, and their entry the hash of that. */
const nonce = /"nonce":"[0-9a-f]+"/;

function withoutChance(table: string, row: Record<string, unknown>): Record<string, unknown> {
  const plain = Object.fromEntries(
    Object.entries(row).map(([name, value]) => [
      name,
      Buffer.isBuffer(value)
        ? random[table]?.includes(name)
          ? value.length
          : value.toString('latin1')
        : value,
    ]),
  );
  if (table === 'settings' && randomSettings.has(String(row['name']))) return { ...plain, value: 'random' };
  const { payload } = plain;
  if (table !== 'entries' || typeof payload !== 'string' || !nonce.test(payload)) return plain;
  return { ...plain, entry: 'with a nonce', payload: payload.replace(nonce, '') };
}

/** The root over the entries, from a tree that is built here. */
export function rootOf({ store }: Pick<OpenedStore, 'store'>): Uint8Array {
  const range = { size: 0, nodes: [] };
  const entries = store.sqlite.prepare('SELECT entry FROM entries ORDER BY idx').pluck().all() as Buffer[];
  for (const entry of entries) appendToRange(range, leafHash(entry));
  return rangeRoot(range);
}
