import {
  type EventBus,
  PlatformError,
  appendToOutbox,
  deliverOnce,
  eventRegistry,
  inProcessBus,
  newLogger,
  outboxDispatcher,
} from '@tianyuan/platform';
import { deliveries, outbox as table } from '@tianyuan/trace-api/database/events-schema.ts';
import { eq } from 'drizzle-orm';
import { beforeEach, expect, test } from 'vitest';
import * as z from 'zod';
import { onBothDatabases } from '../trace/databases.ts';

const registry = eventRegistry([
  {
    type: 'Thing.Happened',
    version: 1,
    summary: { zh: '某事发生', en: 'something happened' },
    payload: z.object({ n: z.int() }),
    example: { n: 1 },
  },
]);
const logger = newLogger('silent');
const happened = (n: number) => ({ type: 'Thing.Happened', version: 1, payload: { n } });

onBothDatabases('an outbox', (database) => {
  const outbox = { table, registry };
  const append = (...ns: number[]) =>
    database
      .current()
      .transaction((tx) => appendToOutbox(tx, outbox, ns.map(happened), { at: 5, correlationId: 'c-1' }));
  const dispatcher = (bus: EventBus) =>
    outboxDispatcher({ database: database.current(), table, bus, logger });
  const rows = () => database.current().queries.select().from(table).orderBy(table.position);

  beforeEach(async () => {
    await database.current().queries.delete(table);
    await database.current().queries.delete(deliveries);
  });

  test('holds nothing of a transaction that failed', async () => {
    await expect(
      database.current().transaction(async (tx) => {
        await appendToOutbox(tx, outbox, [happened(1)], { at: 5 });
        throw new Error('no');
      }),
    ).rejects.toThrow('no');
    expect(await rows()).toEqual([]);
  });

  test('refuses what no schema describes', async () => {
    const wrong = { ...happened(1), payload: { n: 'one' } };
    const appended = database.current().transaction((tx) => appendToOutbox(tx, outbox, [wrong], { at: 5 }));
    await expect(appended).rejects.toMatchObject({ code: 'EVENT_SCHEMA' });
  });

  test('is emptied onto the bus in its order, each event once', async () => {
    const bus = inProcessBus();
    const came: unknown[] = [];
    await bus.subscribe('reader', ['Thing.Happened'], async (event) => void came.push(event));
    await append(...Array.from({ length: 250 }, (_, n) => n));
    expect(await dispatcher(bus).dispatch()).toBe(true);
    expect(await dispatcher(bus).dispatch()).toBe(true);
    expect(came.map((event) => (event as { payload: { n: number } }).payload.n)).toEqual(
      Array.from({ length: 250 }, (_, n) => n),
    );
    expect(came[0]).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      type: 'Thing.Happened',
      version: '1',
      correlation_id: 'c-1',
      time: '1970-01-01T00:00:00.005Z',
      payload: { n: 0 },
    });
  });

  test('waits for a bus that is away, however often it is asked', async () => {
    await append(1);
    const away = {
      ...inProcessBus(),
      publish: () => Promise.reject(new PlatformError('BUS_UNREACHABLE', 'away')),
    };
    for (let i = 0; i < 20; i++) await expect(dispatcher(away).dispatch()).rejects.toThrow('away');
    expect(await rows()).toMatchObject([{ refusals: 0, publishedAt: null, failure: null }]);
    expect(await dispatcher(inProcessBus()).dispatch()).toBe(true);
    expect(await rows()).toMatchObject([{ failure: null, publishedAt: expect.any(Number) }]);
  });

  test('stops at an event that is refused, and gives it up in the end for those behind it', async () => {
    await append(1, 2);
    const bus = inProcessBus();
    const came: number[] = [];
    await bus.subscribe('picky', ['Thing.Happened'], async ({ payload }) => {
      if (payload['n'] === 1) throw new Error('never');
      came.push(payload['n'] as number);
    });
    for (let i = 0; i < 9; i++) expect(await dispatcher(bus).dispatch()).toBe(false);
    expect(came).toEqual([]);
    expect(await dispatcher(bus).dispatch()).toBe(true);
    expect(came).toEqual([2]);
    expect(await rows()).toMatchObject([
      { refusals: 10, failure: expect.stringContaining('never') },
      { failure: null },
    ]);
  });

  test('delivered twice is work done once, and work that failed is done again', async () => {
    const bus = inProcessBus();
    let [calls, failing] = [0, true];
    const handler = deliverOnce(database.current(), deliveries, 'worker', async (tx) => {
      calls += 1;
      await appendToOutbox(tx, outbox, [happened(99)], { at: 6 });
      if (failing) throw new Error('half way');
    });
    await bus.subscribe('worker', ['Thing.Happened'], (event) =>
      event.payload['n'] === 99 ? Promise.resolve() : handler(event),
    );
    await append(1);
    expect(await dispatcher(bus).dispatch()).toBe(false);
    failing = false;
    expect(await dispatcher(bus).dispatch()).toBe(true);
    // As after a power cut between publishing and marking.
    await database.current().queries.update(table).set({ publishedAt: null }).where(eq(table.version, 1));
    expect(await dispatcher(bus).dispatch()).toBe(true);
    expect(calls).toBe(2);
    expect((await rows()).map(({ payload }) => payload['n'])).toEqual([1, 99]);
  });

  test('run publishes what a nudge announces, until it is stopped', async () => {
    const bus = inProcessBus();
    const came = new Promise<void>((resolve) => {
      void bus.subscribe('reader', ['Thing.Happened'], async () => resolve());
    });
    const stop = new AbortController();
    const running = dispatcher(bus);
    const ended = running.run(stop.signal);
    await append(1);
    running.nudge();
    await came;
    stop.abort();
    await ended;
    expect(await rows()).toMatchObject([{ publishedAt: expect.any(Number) }]);
  });
});
