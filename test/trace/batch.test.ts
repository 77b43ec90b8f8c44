import type { BatchView } from '@tianyuan/trace-api/batches/batch-view.ts';
import { beforeAll, expect, test } from 'vitest';
import { onBothDatabases } from './databases.ts';
import { type Device, type SignedLog, aDay, newDevice, newLog } from './signed-log.ts';
import { type TraceService, ownerToken, traceService } from './trace-service.ts';

const batch = {
  gtin: '06901234567892',
  lot: 'GN-1',
  product: { zh: '脐橙', en: 'navel oranges' },
  origin: { zh: '安远', en: 'Anyuan' },
  harvestedAt: aDay,
  limits: [{ type: 'temperature', min: 0, max: 8_000, devices: ['batch-truck'] }],
  devices: ['batch-truck', 'batch-orchard'],
  published: true,
};

onBothDatabases('a batch', (database) => {
  let trace: TraceService;
  let log: SignedLog;
  let truck: Device;
  let orchard: Device;
  let stranger: Device;

  beforeAll(async () => {
    trace = traceService(database.current());
    log = newLog('batch.example');
    [truck, orchard, stranger] = [
      newDevice('batch-truck'),
      newDevice('batch-orchard'),
      newDevice('batch-stranger'),
    ];
    await trace.enrol(log.origin, log.publicKey);
    for (const { id, publicKey } of [truck, orchard, stranger]) await trace.enrol(id, publicKey);
  });

  const view = () => trace.getJson<BatchView>('/api/v1/batches/oranges/trace');
  const upload = async (from: number) =>
    expect((await trace.upload(log, from, log.body(from))).status).toBe(200);

  test('can be put by its owner only', async () => {
    expect(await (await trace.putBatch('oranges', batch, 'guess')).json()).toMatchObject({
      code: 4011,
      status: 403,
    });
    const anonymous = await trace.request('/api/v1/batches/oranges', {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(batch),
    });
    expect(await anonymous.json()).toMatchObject({ code: 4011, status: 401 });
    expect((await trace.request('/api/v1/batches/oranges/trace')).status).toBe(404);
  });

  test.each<[string, object]>([
    ['a GTIN with a wrong check digit', { gtin: '06901234567893' }],
    ['a lot with characters that GS1 does not have', { lot: 'é' }],
    ['a limit of nothing', { limits: [{ type: 'temperature' }] }],
    ['a limit upside down', { limits: [{ type: 'temperature', min: 2, max: 1 }] }],
    ['a limit of a position', { limits: [{ type: 'gps', min: 2 }] }],
    ['half a name', { product: { zh: '橙' } }],
    ['something unknown', { price: 3 }],
  ])('with %s is refused', async (_, change) => {
    const response = await trace.putBatch('oranges', { ...batch, ...change });
    expect(await response.json()).toMatchObject({ code: 4014, status: 400 });
  });

  test('shows nothing before anything came', async () => {
    expect((await trace.putBatch('oranges', batch)).status).toBe(200);
    const { story, ...shown } = await view();
    expect(story).toMatchObject({ steps: [], coldChain: { excursions: [] } });
    expect(shown).toEqual({
      batchId: 'oranges',
      gtin: batch.gtin,
      lot: batch.lot,
      product: batch.product,
      origin: batch.origin,
      harvestedAt: aDay,
      status: { status: 'sellable', reasons: [], expiresAt: null },
      period: null,
      devices: batch.devices,
      curves: [],
      live: [],
      calibrations: [],
      excursions: [],
      messages: { mirrored: 0, anchored: 0, final: 0 },
      verified: 0,
      flagged: {},
      logs: [],
      contradicted: [],
      anchor: null,
      sample: null,
    });
  });

  test('shows the readings of its own devices, and what was agreed for each', async () => {
    const reading = (value: number) => ({ type: 'temperature' as const, value });
    log.append(
      truck.sign({
        batch: 'oranges',
        time: aDay + 1000,
        readings: [reading(4000), { ...reading(9000), dt: 500 }],
      }),
    );
    log.append(truck.sign({ batch: 'oranges', time: aDay + 3000, readings: [reading(-1)] }));
    log.append(orchard.sign({ batch: 'oranges', time: aDay + 2000, readings: [reading(30_000)] }));
    log.append(
      orchard.sign({ batch: 'oranges', readings: [{ type: 'gps', value: [250_000_000, 1_150_000_000] }] }),
    );
    log.append(stranger.sign({ batch: 'oranges' }));
    log.append(truck.sign({ batch: 'another' }));
    log.append(newDevice('batch-truck').sign({ batch: 'oranges', seq: 77 }));
    await upload(0);
    const { curves, ...rest } = await view();
    expect(rest).toMatchObject({
      period: { from: aDay + 500, to: aDay + 3000 },
      messages: { mirrored: 4, anchored: 0, final: 0 },
      verified: 4,
      flagged: { BAD_SIGNATURE: 1 },
      anchor: null,
      sample: null,
    });
    expect(curves.map(({ points, ...curve }) => curve)).toEqual([
      { type: 'temperature', device: 'batch-orchard', count: 1, limits: null, outside: 0 },
      { type: 'temperature', device: 'batch-truck', count: 3, limits: { min: 0, max: 8000 }, outside: 2 },
    ]);
    expect(curves[1]!.points.map(({ min, mean, max }) => [min, mean, max])).toEqual([
      [9000, 9000, 9000],
      [4000, 4000, 4000],
      [-1, -1, -1],
    ]);
  });

  test('shows what is anchored, the anchor, and a message to verify', async () => {
    await trace.anchor(log);
    const from = log.size();
    for (let i = 0; i < 3; i++) log.append(truck.sign({ batch: 'oranges' }));
    await upload(from);
    expect(await view()).toMatchObject({
      messages: { mirrored: 7, anchored: 4, final: 0 },
      sample: { logId: log.logId, index: 0 },
      anchor: { chainId: 7, logOrigin: log.origin, logSize: 7, state: 'anchored' },
    });
  });

  test('counts the part of an upload that an anchor covers', async () => {
    const from = log.size();
    log.append(truck.sign({ batch: 'oranges' }));
    log.append(truck.sign({ batch: 'oranges' }));
    const between = { root: log.root(), signature: log.signature(), size: log.size() };
    log.append(truck.sign({ batch: 'oranges' }));
    await upload(from);
    const anchored = { ...log, size: () => between.size };
    await trace.anchor(anchored, between.root, between.signature);
    expect(await view()).toMatchObject({
      messages: { mirrored: 10, anchored: 9, final: 0 },
      anchor: { logSize: between.size },
    });
  });

  test('of a long time is drawn in at most 300 points that keep every reading', async () => {
    const from = log.size();
    const values = Array.from({ length: 2000 }, (_, i) => (i * 37) % 100_000);
    for (const [i, value] of values.entries()) {
      const time = aDay + i * 60_000;
      const payload = orchard.sign({ batch: 'oranges', time, readings: [{ type: 'humidity', value }] });
      log.append(payload, { receivedAt: time });
    }
    await upload(from);
    const curve = (await view()).curves.find(({ type }) => type === 'humidity')!;
    expect(curve.count).toBe(2000);
    expect(curve.points.length).toBeGreaterThan(290);
    expect(curve.points.length).toBeLessThanOrEqual(300);
    expect(Math.max(...curve.points.map(({ max }) => max))).toBe(Math.max(...values));
    expect(Math.min(...curve.points.map(({ min }) => min))).toBe(Math.min(...values));
    for (const { min, mean, max } of curve.points) {
      expect(min).toBeLessThanOrEqual(mean);
      expect(mean).toBeLessThanOrEqual(max);
    }
    const times = curve.points.map(({ time }) => time);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });

  test('that is not published is shown to its owner only, and has no page', async () => {
    await trace.putBatch('secret', { ...batch, lot: 'S-1', published: false });
    expect(await (await trace.request('/api/v1/batches/secret/trace')).json()).toMatchObject({ code: 4010 });
    const asOwner = { authorization: `Bearer ${ownerToken}` };
    expect(await trace.getJson('/api/v1/batches/secret/trace', asOwner)).toMatchObject({ batchId: 'secret' });
    expect((await trace.request('/01/06901234567892/10/S-1')).status).toBe(404);
    expect((await trace.request('/01/06901234567892/10/GN-1')).status).toBe(200);
  });

  test("does not take another batch's lot", async () => {
    const response = await trace.putBatch('oranges-2', batch);
    expect(await response.json()).toMatchObject({ code: 4015, status: 409 });
  });
});
