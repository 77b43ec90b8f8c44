import {
  appendFileSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportLog } from '@tianyuan/gateway-agent/deliver/export-log.ts';
import { openStore, writeSetting } from '@tianyuan/gateway-agent/keep/store.ts';
import { loadGatewayKey } from '@tianyuan/gateway-agent/log/gateway-key.ts';
import { openLog } from '@tianyuan/gateway-agent/log/log.ts';
import { type StoredLog, openStoredLog } from '@tianyuan/gateway-agent/log/stored-log.ts';
import { type HttpServer, openDatabase, serve } from '@tianyuan/platform';
import { encodeEntry, logIdHex, sha256 } from '@tianyuan/protocol';
import { importLog } from '@tianyuan/trace-api/import-log.ts';
import { migrations } from '@tianyuan/trace-api/open-trace-api.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newDevice } from '../trace/signed-log.ts';
import { type TraceService, traceService } from '../trace/trace-service.ts';

const origin = 'gw-9.farm.example';
const device = newDevice('sensor-9');
const home = mkdtempSync(join(tmpdir(), 'tianyuan-stick-'));
const dataDir = join(home, 'gateway');
const stick = join(home, 'stick.log');

let stored: StoredLog;
let service: TraceService;
let server: HttpServer;
let closeDatabase: () => Promise<void>;

beforeAll(async () => {
  const store = openStore(dataDir);
  writeSetting(store, 'origin', origin);
  const { publicKey } = loadGatewayKey(dataDir, store);
  store.close();
  append(2500);
  stored = await openStoredLog(dataDir);

  const database = await openDatabase({ migrations });
  closeDatabase = () => database.close();
  service = traceService(database);
  await service.enrol(origin, publicKey);
  await service.enrol(device.id, device.publicKey);
  server = await serve({ fetch: service.app.fetch, host: '127.0.0.1', port: 0 });
}, 60_000);

afterAll(async () => {
  stored?.close();
  await server?.close();
  await closeDatabase?.();
  rmSync(home, { recursive: true, force: true });
});

/** What a running agent does meanwhile, through a connection of its own. */
function append(count: number): void {
  const store = openStore(dataDir);
  const log = openLog(store);
  store.sqlite
    .transaction(() => {
      for (let i = 0; i < count; i++) {
        const payload = device.sign();
        const payloadHash = sha256(payload);
        const about = { clock: 'synchronised', receivedAt: Date.now(), boot: 1, sinceBootMs: 0 } as const;
        log.append(encodeEntry({ kind: 'message', ...about, payloadHash }), payload, null);
      }
    })
    .immediate();
  store.close();
}

const bring = (file = stick) => importLog(file, { url: server.url });
const described = () => service.getJson(`/api/v1/logs/${logIdHex(origin)}`);

test('a log goes by stick, is verified as an upload is, and again changes nothing', async () => {
  const seen: number[] = [];
  const done = await exportLog(stored, stick, { onProgress: (size) => seen.push(size) });
  expect(done).toEqual({ from: 0, size: 2500, bytes: statSync(stick).size, isContinued: false, left: 0 });
  expect(seen).toEqual([1024, 2048, 2500]);
  expect(await bring()).toEqual({ origin, size: 2500, added: 2500, torn: undefined });
  expect(await described()).toMatchObject({ size: 2500, messages: 2500, verified: 2500, flagged: {} });
  expect(await bring()).toMatchObject({ added: 0 });
}, 60_000);

test('the file is continued with what came since, while the agent goes on', async () => {
  append(300);
  stored.close();
  stored = await openStoredLog(dataDir);
  append(7); // after the export looked
  expect(await exportLog(stored, stick)).toMatchObject({ from: 0, size: 2800, isContinued: true });
  expect(await bring()).toMatchObject({ size: 2800, added: 300 });
}, 60_000);

test('a torn file is imported as far as it is whole, and says how far; its gateway mends it', async () => {
  stored.close();
  stored = await openStoredLog(dataDir);
  const torn = join(home, 'torn.log');
  await exportLog(stored, torn, { from: 2700 });
  append(60);
  stored.close();
  stored = await openStoredLog(dataDir);
  await exportLog(stored, torn);
  truncateSync(torn, statSync(torn).size - 10);
  const wholeBytes = readFileSync(torn).lastIndexOf(10) + 1;
  expect(await bring(torn)).toEqual({
    origin,
    size: 2807,
    added: 7,
    torn: { atByte: wholeBytes, why: 'its last line is cut off', wholeTo: 2807 },
  });
  appendFileSync(torn, '\nnoise');
  expect(await exportLog(stored, torn)).toMatchObject({ from: 2700, size: 2867 });
  expect(await bring(torn)).toMatchObject({ size: 2867, added: 60, torn: undefined });
  expect(await described()).toMatchObject({ size: 2867, verified: 2867 });
}, 60_000);

test('a file that is changed is refused, in the words of the trace API', async () => {
  append(50);
  stored.close();
  stored = await openStoredLog(dataDir);
  const forged = join(home, 'forged.log');
  await exportLog(stored, forged, { from: 2867 });
  const [header, line] = readFileSync(forged, 'utf8').split('\n') as [string, string];
  const chunk = JSON.parse(line) as { entries: string };
  const entries = Buffer.from(chunk.entries, 'base64');
  entries[30]! ^= 1;
  writeFileSync(forged, `${header}\n${JSON.stringify({ ...chunk, entries: entries.toString('base64') })}\n`);
  await expect(bring(forged)).rejects.toThrow(/answered 422 .*do not have the root/);
  expect(await described()).toMatchObject({ size: 2867 });
}, 60_000);

test('what cannot be is said: no export, a file that begins too late, another log, a full stick', async () => {
  const text = join(home, 'letter.txt');
  writeFileSync(text, 'dear trace API\n');
  await expect(bring(text)).rejects.toThrow(/letter\.txt is no exported log/);
  await expect(exportLog(stored, text)).rejects.toThrow(/cannot be continued/);
  await expect(bring(join(home, 'nothing'))).rejects.toThrow(/cannot be read/);
  const late = join(home, 'late.log');
  await exportLog(stored, late, { from: 2900 });
  await expect(bring(late)).rejects.toThrow(
    /begins at entry 2900 .* the trace API holds 2867: export from 2867 on/,
  );
  await expect(exportLog(stored, late, { from: 0 })).rejects.toThrow(/begins at entry 2900, not at 0/);
  const small = join(home, 'small.log');
  const first = await exportLog(stored, small, { maxBytes: 500_000 });
  expect(first.left).toBe(2917 - first.size);
  expect(statSync(small).size).toBeLessThanOrEqual(500_000);
  const rest = join(home, 'rest.log');
  expect(await exportLog(stored, rest, { from: first.size })).toMatchObject({ from: first.size, left: 0 });
  expect(await bring(rest)).toMatchObject({ size: 2917, added: 50 });
  await server.close();
  await expect(bring(rest)).rejects.toThrow(/does not answer: is it running/);
}, 60_000);
