import { randomUUID } from 'node:crypto';
import { type EventBus, type EventEnvelope, inProcessBus, natsBus, newLogger } from '@tianyuan/platform';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { has } from '../components.ts';
import { type Nats, startNats } from '../nats.ts';

const logger = newLogger('silent');
const newEvent = (type: string, n: number): EventEnvelope => ({
  id: randomUUID(),
  type,
  version: '1',
  correlation_id: 'c',
  time: new Date(0).toISOString(),
  payload: { n },
});

/** Remembers what came and lets a test wait for so many. */
function listener(refuse: (event: EventEnvelope, times: number) => boolean = () => false) {
  const came: EventEnvelope[] = [];
  const tries = new Map<string, number>();
  let wake = () => {};
  return {
    came,
    async handle(event: EventEnvelope) {
      const times = (tries.get(event.id) ?? 0) + 1;
      tries.set(event.id, times);
      if (refuse(event, times)) throw new Error('not now');
      came.push(event);
      wake();
    },
    async until(count: number) {
      while (came.length < count) await new Promise<void>((resolve) => (wake = resolve));
    },
    triesOf: ({ id }: EventEnvelope) => tries.get(id) ?? 0,
  };
}

const publishAll = async (bus: EventBus, events: readonly EventEnvelope[]) => {
  for (const event of events) await bus.publish(event);
};

function suite(open: () => Promise<EventBus>): void {
  test('brings events in their order to those who asked for their type', async () => {
    const bus = await open();
    const [all, some] = [listener(), listener()];
    await bus.subscribe('all', ['A.Happened', 'B.Happened'], all.handle);
    await bus.subscribe('some', ['B.Happened'], some.handle);
    const events = [1, 2, 3, 4].map((n) => newEvent(n % 2 ? 'A.Happened' : 'B.Happened', n));
    await publishAll(bus, events);
    await all.until(4);
    await some.until(2);
    expect(all.came).toEqual(events);
    expect(some.came).toEqual([events[1], events[3]]);
    await expect(bus.ping()).resolves.toBeUndefined();
    await bus.close();
  });

  test('loses no event that a subscriber refused the first time', async () => {
    const bus = await open();
    const picky = listener((_event, times) => times === 1);
    await bus.subscribe('picky', ['C.Happened'], picky.handle);
    const event = newEvent('C.Happened', 1);
    // With no broker it is the publisher, the outbox, that asks again.
    await bus.publish(event).catch(() => bus.publish(event));
    await picky.until(1);
    expect(picky.came).toEqual([event]);
    expect(picky.triesOf(event)).toBe(2);
    await bus.close();
  });
}

describe('the bus in the process', () => {
  suite(() => Promise.resolve(inProcessBus()));

  test('names the subscriber that refused', async () => {
    const bus = inProcessBus();
    await bus.subscribe('picky', ['C.Happened'], listener(() => true).handle);
    await expect(bus.publish(newEvent('C.Happened', 1))).rejects.toMatchObject({
      code: 'SUBSCRIBER_FAILED',
      message: expect.stringContaining('picky did not take C.Happened'),
    });
  });
});

describe.skipIf(!has('nats-server'))('the bus over NATS JetStream', () => {
  let nats: Nats;
  beforeAll(async () => {
    nats = await startNats();
  });
  afterAll(() => nats?.stop());
  const open = () => natsBus({ servers: nats.url, logger });
  suite(open);

  test('stores an event once that is published twice, and keeps it for a subscriber that is away', async () => {
    const bus = await open();
    const event = newEvent('D.Happened', 1);
    await publishAll(bus, [event, event, newEvent('D.Happened', 2)]);
    const late = listener();
    await bus.subscribe('late', ['D.Happened'], late.handle);
    await late.until(2);
    expect(late.came.map(({ payload }) => payload['n'])).toEqual([1, 2]);
    await bus.close();
  });

  test('goes on where it was after the broker was killed', async () => {
    const bus = await open();
    const before = newEvent('E.Happened', 1);
    await bus.publish(before);
    await nats.restart();
    const after = newEvent('E.Happened', 2);
    for (;;) {
      const failed = await bus.publish(after).catch((error: { code: string }) => error.code);
      if (failed === undefined) break;
      expect(failed).toBe('BUS_UNREACHABLE');
    }
    const reader = await open();
    const listening = listener();
    await reader.subscribe('after', ['E.Happened'], listening.handle);
    await listening.until(2);
    expect(listening.came).toEqual([before, after]);
    await Promise.all([bus.close(), reader.close()]);
  });

  test('says so where there is no server', async () => {
    await expect(natsBus({ servers: 'nats://127.0.0.1:1', logger })).rejects.toMatchObject({
      code: 'BUS_UNREACHABLE',
    });
  });
});
