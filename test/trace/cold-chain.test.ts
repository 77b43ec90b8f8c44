import { renewReadings } from '@tianyuan/trace-api/batches/renew-readings.ts';
import { isPublished } from '@tianyuan/trace-api/batches/is-published.ts';
import type { BatchView } from '@tianyuan/trace-api/batches/batch-view.ts';
import { box, farm as farmUri, harvest, pack } from '@tianyuan/trace-api/genealogy/fixture/events.ts';
import { thingUri } from '@tianyuan/trace-api/genealogy/thing.ts';
import type { ExcursionsView } from '@tianyuan/trace-api/cold-chain/read-excursions.ts';
import type { CompletenessView } from '@tianyuan/trace-api/cold-chain/read-completeness.ts';
import type { ShelfLifeView } from '@tianyuan/trace-api/cold-chain/read-shelf-life.ts';
import { excursionWatch } from '@tianyuan/trace-api/cold-chain/watch-excursions.ts';
import {
  bindings,
  checkpoints,
  entries,
  excursionFacts,
  series,
} from '@tianyuan/trace-api/database/schema.ts';
import { batchEvents } from '@tianyuan/trace-api/events/batch-events.ts';
import { openRecords } from '@tianyuan/trace-api/records/open-records.ts';
import { rebuild } from '@tianyuan/trace-api/records/rebuild.ts';
import type { DomainEvent } from '@tianyuan/trace-api/records/recorded.ts';
import { newLogger } from '@tianyuan/platform';
import { type LoggedPayload, type Reading, parseMessage, recomputeExcursion } from '@tianyuan/protocol';
import { eq, max } from 'drizzle-orm';
import { beforeAll, expect, test } from 'vitest';
import { onBothDatabases } from './databases.ts';
import { type Person, newPerson } from './person.ts';
import { type Device, type SignedLog, aDay, newDevice, newLog } from './signed-log.ts';
import { type TraceService, ownerToken, platformKey, traceService } from './trace-service.ts';

const minute = 60_000;
const hour = 60 * minute;
const farm = '91110000600037341L';
const batch = {
  gtin: '06901234567892',
  lot: 'CC-1',
  product: { zh: '脐橙', en: 'navel oranges' },
  origin: { zh: '安远', en: 'Anyuan' },
  harvestedAt: aDay,
  limits: [],
  devices: ['cc-orchard'],
  published: true,
};
const lot = 'https://id.gs1.org/01/06901234567892/10/CC-1';
const truck = thingUri('truck', 't1');

onBothDatabases('the cold chain of a batch', (database) => {
  let trace: TraceService;
  let log: SignedLog;
  let watch: ReturnType<typeof excursionWatch>;
  /** what is recorded by it is heard in `emitted` */
  let heard: TraceService['records'];
  const emitted: DomainEvent[] = [];
  let installer: Person;
  let stranger: Person;
  let first: Device;
  let second: Device;
  let unsigned: Device;

  beforeAll(async () => {
    trace = traceService(database.current());
    const logger = newLogger('silent');
    heard = openRecords(database.current(), platformKey, (_, events) => {
      emitted.push(...events);
      return Promise.resolve();
    });
    watch = excursionWatch({ database: database.current(), records: heard, logger });
    log = newLog('cold-gw.example');
    [installer, stranger] = [newPerson('installer'), newPerson('stranger')];
    [first, second, unsigned] = [newDevice('cc-first'), newDevice('cc-second'), newDevice('cc-unsigned')];
    await trace.enrol(platformKey.origin, platformKey.publicKey);
    await trace.enrol(log.origin, log.publicKey);
    // The second device's key is not known yet when its readings come.
    for (const { id, publicKey } of [installer, stranger, first, unsigned]) await trace.enrol(id, publicKey);
    const to = { kind: 'organisation', id: farm };
    const mine = (kind: string, id: string) => ({
      name: 'belonging',
      body: { thing: { kind, id }, to, from: 0 },
    });
    await trace.records.statements(
      [
        {
          name: 'organisation',
          body: { uscc: farm, name: { zh: '安远果园', en: 'Anyuan Orchard' }, kind: 'farm' },
        },
        { name: 'person', body: { person: 'installer', organisation: farm, commitments: [] } },
        { name: 'role', body: { person: 'installer', role: 'operator', scope: to, from: 0 } },
        mine('truck', 't1'),
        mine('device', 'cc-first'),
        mine('device', 'cc-second'),
        mine('device', 'cc-unsigned'),
      ],
      'owner',
    );
    expect((await trace.putBatch('cc-oranges', batch)).status).toBe(200);
    const isAt = (time: number) => ({
      eventTime: new Date(time).toISOString(),
      eventTimeZoneOffset: '+08:00',
    });
    const inTruck = { things: [box('cc-1')] };
    for (const event of [
      { ...harvest({ 'CC-1': 800_000 }, { bizLocation: { id: farmUri } }), ...isAt(aDay) },
      { ...pack('ADD', box('cc-1'), { lots: { 'CC-1': 800_000 } }), ...isAt(aDay + 10 * minute) },
      { ...pack('ADD', truck, inTruck), ...isAt(aDay + hour) },
      { ...pack('DELETE', truck, inTruck), ...isAt(aDay + 9 * hour) },
    ]) {
      expect(await post(installer.message({ event }))).toBe(201);
    }
  });

  const post = async (payload: Uint8Array) =>
    (await trace.request('/api/v1/messages', { method: 'POST', body: new Uint8Array(payload) })).status;
  const bind = (who: Person, device: string, from: number, until?: number) =>
    post(
      who.message({
        binding: { device, from, to: { id: 't1', kind: 'truck' }, ...(until !== undefined && { until }) },
      }),
    );
  const put = (path: string, body: unknown) =>
    trace.request(path, {
      method: 'PUT',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${ownerToken}` },
      body: JSON.stringify(body),
    });
  const view = (query = '') => trace.getJson<BatchView>(`/api/v1/batches/cc-oranges/trace${query}`);
  const excursions = (query = '') =>
    trace.getJson<ExcursionsView>(`/api/v1/batches/cc-oranges/excursions${query}`);
  const report = (device: Device, time: number, value: number, more: Reading[] = []) =>
    log.append(device.sign({ time, readings: [{ type: 'temperature', value }, ...more] }), {
      receivedAt: time + 1000,
    });
  const upload = async (from: number) =>
    expect((await trace.upload(log, from, log.body(from))).status).toBe(200);
  const payloadsIn = (leaves: { logId: string; first: number; last: number }[]): LoggedPayload[] =>
    leaves.flatMap(({ logId, first: from, last }) =>
      Array.from({ length: last - from + 1 }, (_, i) => ({
        logId,
        index: from + i,
        entry: log.entries[from + i]!,
        payload: log.payloads[from + i]!,
      })),
    );

  test('readings that name no batch reach nothing before anybody says what carries the device', async () => {
    for (let i = 0; i < 60; i++) {
      const time = aDay + i * 10 * minute;
      const isWarm = time >= aDay + 3 * hour && time < aDay + 4 * hour;
      // Two sensors, a warm one among them, and a position that is nobody's business.
      report(i < 30 ? first : second, time, isWarm ? 9_500 : 5_000, [
        { type: 'temperature', sensor: 'door', value: 6_000 },
        { type: 'humidity', value: 80_000 },
      ]);
      if (i === 40) second.sign(); // lost on the way
    }
    log.append(first.sign({ time: aDay + 2 * hour, readings: [{ type: 'gps', value: [1, 2] }] }), {
      receivedAt: aDay + 2 * hour,
    });
    report(unsigned, aDay + 2 * hour, 30_000);
    await upload(0);
    expect(await view()).toMatchObject({ curves: [], messages: { mirrored: 0 }, period: null });
  });

  test('they do through the truck, of each device in its time, and each once', async () => {
    // Swapped at five: the first binding gets its end, the second begins.
    expect(await bind(installer, 'cc-first', aDay)).toBe(201);
    expect(await bind(installer, 'cc-first', aDay, aDay + 5 * hour)).toBe(201);
    expect(await bind(installer, 'cc-second', aDay + 5 * hour)).toBe(201);
    expect(await bind(stranger, 'cc-unsigned', aDay)).toBe(201);
    const before = await view();
    expect(before.devices).toEqual(['cc-orchard', 'cc-first', 'cc-second']);
    expect(before.curves.map(({ device }) => device)).toEqual(['cc-first', 'cc-first']);

    await trace.enrol(second.id, second.publicKey);
    const { curves, messages, period, verified } = await view();
    expect(period).toEqual({ from: aDay + hour, to: aDay + 9 * hour - 10 * minute });
    // 48 slots of ten minutes: 24 of each device, two temperatures and a humidity in each
    expect(messages).toEqual({ mirrored: 48, anchored: 0, final: 0 });
    expect(verified).toBe(48);
    expect(curves.map(({ device, type, count }) => ({ device, type, count }))).toEqual([
      { device: 'cc-first', type: 'humidity', count: 24 },
      { device: 'cc-second', type: 'humidity', count: 24 },
      { device: 'cc-first', type: 'temperature', count: 48 },
      { device: 'cc-second', type: 'temperature', count: 48 },
    ]);
  });

  test('a binding counts only if its signer has a say over both sides', async () => {
    const { exposures } = await trace.getJson<{ exposures: object[] }>(
      '/api/v1/batches/cc-oranges/exposures',
    );
    expect(exposures).toEqual([
      { device: 'cc-first', from: aDay + hour, until: aDay + 5 * hour, path: [lot, box('cc-1'), truck] },
      { device: 'cc-second', from: aDay + 5 * hour, until: aDay + 9 * hour, path: [lot, box('cc-1'), truck] },
    ]);
  });

  test('a payload is public where its readings are a published batch’s, and a position is not', async () => {
    const rows = await database.current().queries.select().from(entries).orderBy(entries.index);
    const shown = new Map<number, boolean>();
    for (const row of rows) {
      const message = row.payload === null ? undefined : parseOr(row.payload);
      if (message !== undefined && message.device.startsWith('cc-')) {
        shown.set(row.index, await isPublished(database.current().queries, row));
      }
    }
    expect(shown.get(0)).toBe(false); // before it was loaded
    expect(shown.get(6)).toBe(true);
    expect(shown.get(53)).toBe(true);
    expect(shown.get(54)).toBe(false); // unloaded at nine
    expect(shown.get(60)).toBe(false); // the position
    expect(shown.get(61)).toBe(false); // bound by somebody who has no say
  });

  test('an excursion is found, logged once, and found again from the payloads of its leaves', async () => {
    expect(await excursions()).toEqual({ profile: null, excursions: [] });
    expect((await put('/api/v1/batches/cc-oranges/profile', { profile: 'navel-orange' })).status).toBe(200);
    const [found, ...rest] = (await excursions()).excursions;
    expect(rest).toEqual([]);
    expect(found).toMatchObject({
      device: 'cc-first',
      sensor: '',
      from: aDay + 3 * hour,
      until: aDay + 4 * hour,
      ended: 'recovered',
      extreme: 9_500,
      mkt: 9_500,
      recordIndex: null,
      leaves: [{ logId: log.logId, first: 17, last: 24, count: 8 }],
    });
    expect(recomputeExcursion(found!, payloadsIn(found!.leaves), Date.now())).toEqual({ same: true });

    const other = excursionWatch({
      database: database.current(),
      records: heard,
      logger: newLogger('silent'),
    });
    await Promise.all([watch.pass(), other.pass()]);
    await watch.pass();
    const facts = await database.current().queries.select().from(excursionFacts);
    expect(facts).toMatchObject([{ batchId: 'cc-oranges', body: { state: 'closed', extreme: 9_500 } }]);
    expect((await excursions()).excursions).toMatchObject([{ recordIndex: facts[0]!.atIndex }]);
    expect((await view()).excursions).toMatchObject([{ index: facts[0]!.atIndex, limit: 8_000 }]);
    expect(emitted).toMatchObject([{ type: 'Batch.Excursion', version: 1 }]);
    const { payload } = batchEvents.find(({ type }) => type === 'Batch.Excursion')!;
    expect(payload.safeParse(emitted[0]!.payload).success).toBe(true);
  });

  test('at every threshold the payloads give the excursion that is served', async () => {
    const rules = [4_500, 5_500, 6_000, 8_000, 9_499, 9_500].flatMap((limit) =>
      (['above', 'below'] as const).map((kind) => ({
        kind,
        id: `${kind}-${limit}`,
        type: 'temperature',
        limit,
        forMs: 30 * minute,
        maxGapMs: 15 * minute,
        deltaH: 83_144,
      })),
    );
    const profile = { name: batch.product, rules, source: 'a test' };
    expect((await put('/api/v1/cold-chain/profiles/every', profile)).status).toBe(200);
    expect((await put('/api/v1/products/06901234567892/profile', { profile: 'every' })).status).toBe(200);
    expect((await put('/api/v1/batches/cc-oranges/profile', { profile: 'every' })).status).toBe(200);
    const served = await excursions();
    expect(served.excursions.length).toBeGreaterThan(20);
    for (const one of served.excursions) {
      expect(recomputeExcursion(one, payloadsIn(one.leaves), Date.now())).toEqual({ same: true });
    }
    expect((await put('/api/v1/batches/cc-oranges/profile', { profile: 'no-such' })).status).toBe(404);
    expect((await put('/api/v1/batches/cc-oranges/profile', { profile: 'navel-orange' })).status).toBe(200);
  });

  test('what is missing of a device is told by its counters', async () => {
    const { devices } = await trace.getJson<{ devices: CompletenessView[] }>(
      '/api/v1/batches/cc-oranges/completeness',
    );
    expect(devices).toMatchObject([
      {
        device: 'cc-first',
        logged: 24,
        missing: 0,
        completeMilliPercent: 100_000,
        intervals: { expected: 24, reported: 24 },
        leaves: [{ first: 6, last: 29, count: 24 }],
      },
      {
        device: 'cc-second',
        logged: 24,
        missing: 1,
        completeMilliPercent: 96_000,
        holes: [{ firstSeq: 12, lastSeq: 12, evicted: 0 }],
      },
    ]);
  });

  test('the remaining shelf life is an estimate with its source', async () => {
    const { shelfLife } = await trace.getJson<{ shelfLife: ShelfLifeView }>(
      '/api/v1/batches/cc-oranges/shelf-life',
    );
    expect(shelfLife).toMatchObject({ isEstimate: true, begin: aDay, at: aDay + 9 * hour - 10 * minute });
    const days = shelfLife.remainingMs / (24 * hour);
    expect(days).toBeGreaterThan(69);
    expect(days).toBeLessThan(70);
    expect(shelfLife.model.source).toContain('UC Davis');
  });

  test('as it stood on a date it is what was mirrored and recorded until then', async () => {
    const [row] = await database
      .current()
      .queries.select({ at: max(checkpoints.receivedAt) })
      .from(checkpoints);
    const then = `?asOf=${Math.max(row!.at!, Date.now())}`;
    const [before, found] = [await view(), await excursions()];
    const size = log.size();
    for (let i = 0; i < 4; i++) report(second, aDay + 8 * hour + 55 * minute + i * minute, 15_000);
    await new Promise<void>((resolve) => setImmediate(resolve));
    while (Date.now() <= Number(then.slice(6))) await new Promise<void>((resolve) => setImmediate(resolve));
    await upload(size);
    expect((await view()).messages.mirrored).toBe(52);
    expect(await view(then)).toEqual(before);
    expect(await excursions(then)).toEqual(found);
    expect((await trace.request('/api/v1/batches/cc-oranges/trace?asOf=1')).status).toBe(404); // nobody had said it
  });

  test('is the same after its readings are taken from the mirrored payloads again', async () => {
    const { queries } = database.current();
    const [shown, found] = [await view(), await excursions()];
    // As an earlier release kept them: without entries, and nothing of what names no batch.
    await queries.delete(series).where(eq(series.sensor, 'door'));
    await queries.update(series).set({ indices: [] });
    await renewReadings(database.current());
    expect(await view()).toEqual(shown);
    expect(await excursions()).toEqual(found);
  });

  test('a batch can say its profile itself, and one that is known here is recorded when it is needed', async () => {
    expect(
      (await trace.putBatch('cc-lettuce', { ...batch, lot: 'CC-2', profileId: 'leafy-vegetables' })).status,
    ).toBe(200);
    await watch.pass();
    const answer = await trace.getJson<ExcursionsView>('/api/v1/batches/cc-lettuce/excursions');
    expect(answer).toMatchObject({ profile: { profile: 'leafy-vegetables' }, excursions: [] });
  });

  test('a cold room’s readings are those of what is stored in it, while it is', async () => {
    const room = thingUri('room', 'cold-1');
    const sensor = newDevice('cc-room');
    await trace.enrol(sensor.id, sensor.publicKey);
    const to = { kind: 'organisation', id: farm };
    for (const [kind, id] of [
      ['room', 'cold-1'],
      ['device', sensor.id],
    ] as const)
      await trace.records.statements(
        [{ name: 'belonging', body: { thing: { kind, id }, to, from: 0 } }],
        'owner',
      );
    expect((await trace.putBatch('cc-stored', { ...batch, lot: 'CC-3', devices: [] })).status).toBe(200);
    const at = (time: number) => ({ eventTime: new Date(time).toISOString(), eventTimeZoneOffset: '+08:00' });
    const bound = { device: sensor.id, from: aDay, to: { id: 'cold-1', kind: 'room' as const } };
    for (const message of [
      { event: { ...harvest({ 'CC-3': 5_000 }, { bizLocation: { id: farmUri } }), ...at(aDay) } },
      { event: { ...pack('ADD', room, { lots: { 'CC-3': 5_000 } }), ...at(aDay + hour) } },
      { event: { ...pack('DELETE', room, { lots: { 'CC-3': 5_000 } }), ...at(aDay + 3 * hour) } },
      { binding: bound },
    ])
      expect(await post(installer.message(message))).toBe(201);
    const from = log.size();
    for (const [hours, value] of [
      [0.5, 9_000],
      [1.5, 4_000],
      [2.5, 4_200],
      [3.5, 9_500],
    ] as const)
      report(sensor, aDay + hours * hour, value);
    await upload(from);
    const { devices, curves } = await trace.getJson<BatchView>('/api/v1/batches/cc-stored/trace');
    expect(devices).toEqual([sensor.id]);
    expect(curves).toMatchObject([{ device: sensor.id, type: 'temperature', count: 2 }]);
    expect(curves[0]!.points.map(({ mean }) => mean)).toEqual([4_000, 4_200]);
  });

  test('is the same after a rebuild of what the platform’s log says', async () => {
    const { queries } = database.current();
    const read = async () => [
      await queries.select().from(bindings).orderBy(bindings.atIndex),
      await queries.select().from(excursionFacts).orderBy(excursionFacts.atIndex),
    ];
    const [before, shown] = [await read(), await view()];
    await rebuild(database.current(), platformKey.origin);
    expect(await read()).toEqual(before);
    expect(await view()).toEqual(shown);
    expect(shown.excursions).toHaveLength(1);
    const [binding] = await queries.select().from(bindings).where(eq(bindings.device, 'cc-unsigned'));
    expect(binding).toMatchObject({ counts: false, by: 'stranger' });
  });
});

function parseOr(payload: Uint8Array) {
  try {
    return parseMessage(payload).message;
  } catch {
    return undefined;
  }
}
