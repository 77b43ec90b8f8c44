import { openUploader } from '@tianyuan/gateway-agent/deliver/upload.ts';
import { newGrowth } from '@tianyuan/gateway-agent/deliver/growth.ts';
import { openCheckpoints } from '@tianyuan/gateway-agent/log/checkpoints.ts';
import { openLog } from '@tianyuan/gateway-agent/log/log.ts';
import { openRestoration } from '@tianyuan/gateway-agent/log/restoration.ts';
import { newTestStore } from '@tianyuan/gateway-agent/test-store.ts';
import { newLogger, openDatabase, serve } from '@tianyuan/platform';
import { encodeEntry, logIdHex, newSecretKey, publicKeyOf, sha256, signEd25519 } from '@tianyuan/protocol';
import type { BatchView } from '@tianyuan/trace-api/batches/batch-view.ts';
import { migrations } from '@tianyuan/trace-api/open-trace-api.ts';
import { expect, onTestFinished, test, vi } from 'vitest';
import { aDay, newDevice } from '../trace/signed-log.ts';
import { traceService } from '../trace/trace-service.ts';

const origin = 'gw-live.farm.example';
const backlog = 6000;

test('a gateway that was away for long shows what its truck measures now, long before the backfill gets there', async () => {
  const { store, remove } = newTestStore();
  onTestFinished(remove);
  const log = openLog(store);
  const secretKey = newSecretKey();
  const key = { secretKey, publicKey: publicKeyOf(secretKey) };
  const sign = (text: Uint8Array) => signEd25519(secretKey, text);
  const checkpoints = openCheckpoints(store, log, { origin, key, sign, now: Date.now });
  const truck = newDevice('truck-live');
  const growth = newGrowth();
  const append = store.sqlite.transaction((payloads: Uint8Array[]) => {
    for (const payload of payloads) {
      const about = { clock: 'synchronised', receivedAt: Date.now(), boot: 1, sinceBootMs: 0 } as const;
      log.append(encodeEntry({ kind: 'message', ...about, payloadHash: sha256(payload) }), payload, null);
    }
  });
  const temperature = (value: number, time: number) =>
    truck.sign({ batch: 'live', time, readings: [{ type: 'temperature', value }] });
  append(Array.from({ length: backlog }, (_, i) => temperature(4_000, aDay + i * 1000)));

  const database = await openDatabase({ migrations });
  onTestFinished(() => database.close());
  const service = traceService(database);
  await service.enrol(origin, key.publicKey);
  await service.enrol(truck.id, truck.publicKey);
  const put = await service.putBatch('live', {
    gtin: '06901234567892',
    lot: 'LIVE',
    product: { zh: '脐橙', en: 'navel oranges' },
    origin: { zh: '安远', en: 'Anyuan' },
    harvestedAt: aDay,
    limits: [],
    devices: [truck.id],
    published: true,
  });
  expect(put.status).toBe(200);
  const server = await serve({ fetch: service.app.fetch, host: '127.0.0.1', port: 0 });
  onTestFinished(() => server.close());
  const uploader = openUploader({
    url: server.url,
    origin,
    store,
    log,
    checkpoints,
    restoration: openRestoration(store, log, { origin, links: ['mirror'] }),
    growth,
    logger: newLogger('silent'),
    maxBytesPerSecond: 250_000, // 6,000 readings of some 260 bytes: six seconds or seven, of which two are a burst
    liveEveryMs: 100,
  });
  const stopping = new AbortController();
  const running = uploader.run(stopping.signal);
  const view = () => service.getJson<BatchView>('/api/v1/batches/live/trace');
  const wait = { interval: 20, timeout: 20_000 };

  await vi.waitFor(async () => expect((await view()).live).toMatchObject([{ value: 4_000 }]), wait);
  const now = aDay + backlog * 1000;
  append([temperature(-18_000, now)]);
  growth.announce();
  await vi.waitFor(
    async () => expect((await view()).live).toMatchObject([{ value: -18_000, time: now }]),
    wait,
  );
  const meanwhile = await view();
  expect(meanwhile.messages.mirrored).toBeLessThan(backlog - 1024);
  expect(meanwhile.period!.to).toBeLessThan(now);

  await vi.waitFor(() => expect(uploader.mirroredSize()).toBe(backlog + 1), wait);
  expect(await view()).toMatchObject({ live: [], messages: { mirrored: backlog + 1 }, period: { to: now } });
  expect(await service.getJson(`/api/v1/logs/${logIdHex(origin)}`)).toMatchObject({
    live: null,
    verified: backlog + 1,
    flagged: {},
    contradictions: [],
  });
  stopping.abort();
  await running;
}, 60_000);
