import { decodeEntry, equalBytes, leafHash, parseTombstone, sha256 } from '@tianyuan/protocol';
import { naiveRoot } from '@tianyuan/protocol/vectors/naive-tree.ts';
import pino from 'pino';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openKeep } from '../keep/keep.ts';
import { openQuarantine } from '../keep/quarantine.ts';
import { openLog } from '../log/log.ts';
import { encodeStatement } from '../log/statement.ts';
import { enrolDevice } from '../devices/device-register.ts';
import { packReadings } from '../rules/packed-readings.ts';
import { enrolmentOf, newTestDevice, signedMessage } from '../test-device.ts';
import { failInserts, newTestStore, testClock } from '../test-store.ts';
import { type CapacityEvent, type CapacityPolicy, openCapacity } from './capacity.ts';
import { openPayloadDropper } from './drop-payloads.ts';

/** A store whose disk is as large as its budget says, and links that have what they are told. */
function openBench(policy: CapacityPolicy = 'refuse') {
  const { store, remove } = newTestStore();
  onTestFinished(remove);
  const device = newTestDevice('truck-1');
  enrolDevice(store, enrolmentOf(device), 0);
  const log = openLog(store);
  const keep = openKeep(store, log, openQuarantine(store, 100_000), { boot: 1, clock: testClock });
  const dropper = openPayloadDropper(store, keep);
  const { sqlite } = store;
  const pragma = (name: string) => sqlite.pragma(name, { simple: true }) as number;
  const bench = {
    budgetBytes: 1e9,
    sizes: { mirrored: 0, anchored: 0, final: 0, logged: 0 },
    events: [] as CapacityEvent[],
    reserveHeld: true,
    mayHold: true,
    readOnly: false,
    diskBytes: 1e12,
    freeBytes: 9e11,
    seq: 0,
  };
  const usedBytes = () => (pragma('page_count') - pragma('freelist_count')) * pragma('page_size');
  const open = () =>
    openCapacity({
      policy,
      measure: () => ({
        usedBytes: usedBytes(),
        budgetBytes: bench.budgetBytes,
        diskBytes: bench.diskBytes,
        freeBytes: bench.freeBytes,
      }),
      reserve: {
        bytes: 1e6,
        isHeld: () => bench.reserveHeld,
        release() {
          if (bench.readOnly) throw Object.assign(new Error('read-only'), { code: 'EROFS' });
          bench.reserveHeld = false;
        },
        hold: () => (bench.reserveHeld ||= bench.mayHold),
      },
      dropper,
      sizes: () => ({ ...bench.sizes, logged: log.size() }),
      say: (statement) => void keep.keepOwn('statement', encodeStatement(statement)),
      logger: pino({ enabled: false }),
    });
  const capacity = open();
  capacity.onChange((event) => bench.events.push(event));
  const take = (count: number, batch = 'oranges') =>
    keep.keep(
      Array.from({ length: count }, () => {
        const seq = (bench.seq += 1);
        const payload = signedMessage(device, { seq, batch });
        const readings = packReadings([{ type: 'temperature', value: 4_000 }]);
        return {
          device: device.id,
          payload,
          receivedAt: 5,
          sinceBootMs: 6,
          verdict: { code: 'VERIFIED', keyId: 1, boot: 1, seq, time: 0, readings },
        };
      }),
    );
  const rows = () =>
    sqlite.prepare('SELECT idx, entry, payload FROM entries ORDER BY idx').all() as {
      idx: number;
      entry: Buffer;
      payload: Buffer | null;
    }[];
  /** sets the budget so that the store fills this part of it */
  const fill = (fraction: number) => (bench.budgetBytes = usedBytes() / fraction);
  return { bench, capacity, open, dropper, keep, log, store, take, rows, fill, usedBytes };
}

const emptyOf = (rows: { payload: Buffer | null }[]) => rows.filter(({ payload }) => payload === null).length;

describe('the watermarks', () => {
  test('are told once each, to whoever listens and in the log', async () => {
    const { bench, capacity, take, fill, rows } = openBench();
    take(50);
    for (const fraction of [0.5, 0.72, 0.73, 0.71, 0.96, 0.94, 0.6]) {
      fill(fraction);
      await capacity.look();
    }
    const levels = [
      ['filling', false],
      ['full', true],
      ['normal', false],
    ];
    expect(bench.events.map(({ level, refusing }) => [level, refusing])).toEqual(levels);
    const stated = rows()
      .filter(({ entry }) => decodeEntry(entry).kind === 'statement')
      .map(({ payload }) => JSON.parse(payload!.toString()) as Record<string, unknown>);
    expect(stated.map(({ level, refusing }) => [level, refusing])).toEqual(levels);
  });

  test('a full store refuses what comes, until it has room; what was kept stays', async () => {
    const { capacity, take, fill, rows } = openBench();
    take(50);
    fill(0.949);
    await capacity.look();
    capacity.admit();
    fill(0.95);
    await capacity.look();
    expect(() => capacity.admit()).toThrow(expect.objectContaining({ code: 'FULL' }));
    fill(0.935);
    await capacity.look();
    expect(() => capacity.admit()).toThrow('full');
    fill(0.92);
    await capacity.look();
    capacity.admit();
    expect(emptyOf(rows())).toBe(0);
  });

  test('a write that found the disk full gives the reserve back and refuses, however small the budget’s part is', async () => {
    const { bench, capacity } = openBench();
    await capacity.look();
    capacity.onWriteFailed(Object.assign(new Error('locked'), { code: 'SQLITE_BUSY' }));
    capacity.admit();
    capacity.onWriteFailed(Object.assign(new Error('full'), { code: 'SQLITE_FULL' }));
    expect(bench.reserveHeld).toBe(false);
    expect(() => capacity.admit()).toThrow(expect.objectContaining({ code: 'FULL' }));
    await capacity.look(); // there is room for the reserve again
    expect(bench.reserveHeld).toBe(true);
    capacity.admit();
  });
});

test('a reserve that cannot be given back ends nothing, and messages are refused all the same', () => {
  const { bench, capacity } = openBench();
  bench.readOnly = true;
  capacity.onWriteFailed(Object.assign(new Error('no write'), { code: 'SQLITE_IOERR_WRITE' }));
  expect(() => capacity.admit()).toThrow(expect.objectContaining({ code: 'FULL' }));
});

test('a disk found full is full at every level’s mark, refused from the start on, and logged once that is possible', async () => {
  const { bench, keep, open, rows } = openBench();
  bench.reserveHeld = false;
  bench.diskBytes = 10e6;
  bench.freeBytes = 1.9e6; // of a small disk the reserve is a fifth
  bench.mayHold = false;
  const again = open();
  expect(() => again.admit()).toThrow(expect.objectContaining({ code: 'FULL' }));
  const { keepOwn } = keep;
  keep.keepOwn = () => {
    throw Object.assign(new Error('full'), { code: 'SQLITE_FULL' });
  };
  await expect(again.look()).rejects.toThrow('full');
  expect(again.status()).toMatchObject({ level: 'full', refusing: true });
  expect(rows()).toHaveLength(0);
  keep.keepOwn = keepOwn;
  await again.look();
  await again.look();
  expect(rows().map(({ payload }) => JSON.parse(payload!.toString()) as object)).toMatchObject([
    { statement: 'capacity', level: 'full', refusing: true },
  ]);
  bench.freeBytes = 2.1e6;
  await again.look();
  again.admit();
});

describe('what mirror and chain have', () => {
  test('is dropped from 85 percent on, behind a tombstone, and its room is free', async () => {
    const { bench, capacity, log, take, fill, rows, usedBytes } = openBench();
    take(2000);
    bench.sizes = { mirrored: 1500, anchored: 2000, final: 1000, logged: 2000 };
    fill(0.84);
    await capacity.look();
    expect(emptyOf(rows())).toBe(0);
    const before = usedBytes();
    fill(0.86);
    await capacity.look();
    const after = rows();
    expect(after.map(({ payload }) => payload === null).lastIndexOf(true)).toBe(999);
    expect(emptyOf(after)).toBe(1000);
    expect(before - usedBytes()).toBeGreaterThan(1000 * 200);
    const tombstones = after.filter(({ entry }) => decodeEntry(entry).kind === 'tombstone');
    expect(tombstones.map(({ payload }) => parseTombstone(payload!))).toEqual([
      {
        from: 0,
        to: 1000,
        reason: 'mirrored',
        devices: [
          { device: 'truck-1', key: 1, boot: 1, batch: 'oranges', firstSeq: 1, lastSeq: 1000, count: 1000 },
        ],
      },
    ]);
    expect(capacity.status()).toMatchObject({ dropped: 1000, evicted: 0 });
    expect(log.root()).toEqual(naiveRoot(after.map(({ entry }) => leafHash(entry))));
  });

  test('statements and tombstones keep their payloads', async () => {
    const { bench, capacity, keep, take, fill, rows } = openBench();
    take(200);
    keep.keepOwn('statement', Buffer.from('mine'));
    take(200);
    bench.sizes = { mirrored: 1e6, anchored: 1e6, final: 1e6, logged: 0 };
    fill(0.9);
    await capacity.look();
    const kept = rows().filter(({ payload }) => payload !== null);
    expect(
      kept.every(({ entry, payload }) => equalBytes(sha256(payload!), decodeEntry(entry).payloadHash)),
    ).toBe(true);
    expect(new Set(kept.map(({ entry }) => decodeEntry(entry).kind))).toEqual(
      new Set(['statement', 'tombstone']),
    );
  });

  test('too little to be worth a tombstone stays, or tombstones would make room for tombstones for ever', async () => {
    const { bench, capacity, log, take, fill } = openBench();
    take(200);
    bench.sizes = { mirrored: 1e6, anchored: 1e6, final: 1e6, logged: 0 };
    fill(0.9);
    await capacity.look();
    const size = log.size();
    for (let i = 0; i < 3; i++) await capacity.look();
    expect(log.size()).toBe(size);
  });

  test('a drop that a fault interrupts is carried out later, once', async () => {
    const { capacity, dropper, take, rows, store } = openBench();
    take(1200);
    const run = await dropper.bury(1200, 'mirrored');
    const fault = failInserts(store, 'entries', 100 - 512); // the hundredth row of the first slice
    await expect(dropper.drop(run!)).rejects.toThrow('planted fault');
    fault.stop();
    expect(emptyOf(rows())).toBe(0);
    await capacity.look();
    expect(emptyOf(rows())).toBe(1200);
    expect(rows().filter(({ entry }) => decodeEntry(entry).kind === 'tombstone')).toHaveLength(1);
    expect(dropper.pending()).toBeUndefined();
  });
});

describe('an owner who chose to evict', () => {
  test('loses the oldest payloads once their tombstone is anchored, and not before', async () => {
    const { bench, capacity, take, fill, rows } = openBench('evict');
    take(2000);
    bench.sizes = { mirrored: 300, anchored: 400, final: 0, logged: 0 };
    fill(0.96);
    await capacity.look();
    capacity.admit(); // up to 99 percent
    const tombstone = () => rows().filter(({ entry }) => decodeEntry(entry).kind === 'tombstone');
    expect(tombstone().map(({ payload }) => parseTombstone(payload!))).toMatchObject([
      { from: 0, to: 300, reason: 'evicted' },
    ]);
    expect(emptyOf(rows())).toBe(0);
    await capacity.look();
    expect(emptyOf(rows())).toBe(0);
    bench.sizes.anchored = tombstone()[0]!.idx + 1;
    await capacity.look();
    expect(emptyOf(rows())).toBe(300);
    expect(capacity.status().evicted).toBe(300);
  });

  test('is told apart: what the mirror has and what it has not are under tombstones of their own', async () => {
    const { bench, capacity, take, fill, rows } = openBench('evict');
    take(1000);
    bench.sizes = { mirrored: 300, anchored: 1e6, final: 0, logged: 0 };
    fill(0.999);
    await capacity.look();
    const tombstones = rows().flatMap(({ entry, payload }) =>
      decodeEntry(entry).kind === 'tombstone' ? [parseTombstone(payload!)!] : [],
    );
    expect(tombstones.map(({ from, to }) => [from, to])).toEqual(
      [
        [0, 300],
        [300, expect.any(Number)],
      ].slice(0, tombstones.length),
    );
  });

  test('little that the mirror has is no stop for the much that it has not, were it down for ever', async () => {
    const { bench, capacity, keep, take, fill, rows } = openBench('evict');
    for (let i = 0; i < 600; i++) keep.keepOwn('statement', Buffer.from(`words ${i}`));
    take(20);
    keep.keepOwn('statement', Buffer.from('mine'));
    take(400);
    bench.sizes = { mirrored: 621, anchored: 0, final: 0, logged: 0 };
    fill(0.999);
    const tombstones = () =>
      rows().flatMap(({ entry, payload }) =>
        decodeEntry(entry).kind === 'tombstone' ? [parseTombstone(payload!)!] : [],
      );
    await capacity.look();
    expect(tombstones()).toMatchObject([{ from: 600, to: 621 }]);
    bench.sizes.anchored = 1e6;
    await capacity.look();
    expect(tombstones()).toMatchObject([
      { from: 600, to: 621 },
      { from: 621, to: expect.any(Number) },
    ]);
    expect(emptyOf(rows())).toBe(420);
  });

  test('too little in all stays, mirrored or not', async () => {
    const { bench, capacity, log, take, fill } = openBench('evict');
    take(100);
    bench.sizes = { mirrored: 50, anchored: 1e6, final: 0, logged: 0 };
    fill(0.999);
    await capacity.look();
    const size = log.size();
    for (let i = 0; i < 3; i++) await capacity.look();
    expect(log.size()).toBe(size);
  });

  test('what is still too much is refused from 99 percent on', async () => {
    const { capacity, take, fill } = openBench('evict');
    take(100);
    fill(0.99);
    await capacity.look();
    expect(() => capacity.admit()).toThrow(expect.objectContaining({ code: 'FULL' }));
  });
});
