import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fleet } from '../fleet.ts';
import { allDevices, enrolDevices, findDevice, openCounters, startBoot } from './device-records.ts';
import { openOutbox } from './outbox.ts';
import { takeRunLock } from './run-lock.ts';
import { openState, type StateDatabase } from './state-database.ts';

let directory: string;
let state: StateDatabase;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'firmware-sim-'));
  state = openState(directory);
  enrolDevices(state, fleet('mix', 3));
});
afterEach(() => {
  state.close();
  rmSync(directory, { recursive: true });
});

const reopen = () => {
  state.close();
  state = openState(directory);
};

describe('device records', () => {
  test('keep keys and tokens once made, each device its own', () => {
    const before = allDevices(state);
    reopen();
    expect(enrolDevices(state, fleet('mix', 5))).toEqual(['orchard-04', 'soil-05']);
    expect(allDevices(state)).toEqual(expect.arrayContaining(before));
    expect(new Set(allDevices(state).map(({ token }) => token)).size).toBe(5);
    expect(new Set(allDevices(state).map(({ secret_key }) => secret_key.toString())).size).toBe(5);
  });

  test('are for their owner only', () => {
    expect(statSync(join(directory, 'devices.sqlite')).mode & 0o777).toBe(0o600);
  });

  test('count boots over restarts, and number messages from 1 in each', () => {
    const counters = openCounters(state);
    expect(startBoot(state, 'soil-02')).toMatchObject({ boot: 1, seq: 0 });
    counters.write('soil-02', 9, 1_000);
    reopen();
    expect(findDevice(state, 'soil-02')).toMatchObject({ boot: 1, seq: 9, time: 1_000 });
    expect(startBoot(state, 'soil-02')).toMatchObject({ boot: 2, seq: 0, time: 1_000 });
  });
});

describe('the store of unsent messages', () => {
  const payload = (n: number) => Uint8Array.of(n);
  const content = (device: string, id = 0) =>
    openOutbox(state, 100)
      .after(device, id, 100)
      .map((publication) => publication.payload[0]);

  test('keeps each device’s order over a restart, and gives back what it took', () => {
    const outbox = openOutbox(state, 100);
    for (const n of [1, 2, 3]) {
      outbox.add('soil-02', { payload: payload(n), fault: n === 2 ? 'gap' : null }, 0);
      outbox.add('truck-03', { payload: payload(n + 10), fault: null }, 0);
    }
    reopen();
    expect(content('soil-02')).toEqual([1, 2, 3]);
    expect(content('truck-03')).toEqual([11, 12, 13]);
    expect(openOutbox(state, 100).countGood('soil-02')).toBe(2);
    expect(openOutbox(state, 100).waiting('soil-02')).toBe(3);
  });

  test('forgets what was acknowledged, and never gives its id to another', () => {
    const outbox = openOutbox(state, 100);
    outbox.add('soil-02', { payload: payload(1), fault: null }, 0);
    const [{ id } = { id: 0 }] = outbox.after('soil-02', 0, 1);
    outbox.remove('soil-02', id);
    outbox.remove('soil-02', id);
    expect(outbox.waiting('soil-02')).toBe(0);
    outbox.add('soil-02', { payload: payload(2), fault: null }, 0);
    expect(outbox.after('soil-02', id, 1)).toHaveLength(1);
  });

  test('is a ring: the oldest that is not in flight makes room', () => {
    const outbox = openOutbox(state, 3);
    const add = (n: number, sentId: number) =>
      outbox.add('soil-02', { payload: payload(n), fault: null }, sentId);
    expect([1, 2, 3].flatMap((n) => add(n, 0))).toEqual([]);
    const inFlight = outbox.after('soil-02', 0, 1)[0]!.id;
    expect(add(4, inFlight)).toEqual([{ fault: null }]);
    expect(content('soil-02')).toEqual([1, 3, 4]);
    expect(outbox.waiting('soil-02')).toBe(3);
  });
});

test('one simulator runs in a state directory, and the next may when it has gone', () => {
  const release = takeRunLock(directory);
  expect(() => takeRunLock(directory)).toThrow(/another simulator runs the devices in .*--state/);
  release();
  takeRunLock(directory)();
});

test('a state of a newer simulator is left alone', () => {
  state.pragma('user_version = 99');
  expect(() => openState(directory)).toThrow(/version 99/);
});
