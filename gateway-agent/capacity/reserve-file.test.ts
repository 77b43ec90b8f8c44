import { existsSync, readFileSync, statSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { newTestDirectory } from '../test-store.ts';
import { openReserve, releaseToStart, withReserve } from './reserve-file.ts';

const mebibyte = 1024 * 1024;

test('the reserve takes real room where there is plenty, gives it back, and takes it again', () => {
  const { path, remove } = newTestDirectory();
  onTestFinished(remove);
  const file = join(path, 'reserve.block');
  const bytes = 2 * mebibyte + 5;
  const reserve = openReserve(path, bytes);
  reserve.hold(4 * bytes - 1);
  expect(reserve.isHeld()).toBe(false);
  reserve.hold(4 * bytes);
  expect(reserve.isHeld()).toBe(true);
  expect(statSync(file).size).toBe(bytes);
  expect(statSync(file).blocks * 512).toBeGreaterThanOrEqual(bytes); // no holes
  expect(gzipSync(readFileSync(file)).length).toBeGreaterThan(0.9 * bytes);
  expect(openReserve(path, bytes).isHeld()).toBe(true);
  reserve.release();
  expect(statSync(file, { throwIfNoEntry: false })).toBeUndefined();
  reserve.hold(4 * bytes);
  expect(reserve.isHeld()).toBe(true);
});

test('is given back for what finds no room, which is tried once more, and for nothing else', () => {
  const { path, remove } = newTestDirectory();
  onTestFinished(remove);
  const full = Object.assign(new Error('full'), { code: 'SQLITE_FULL' });
  const hasReserve = () => existsSync(join(path, 'reserve.block'));
  let given = 0;
  const once = (error: Error) =>
    withReserve(
      path,
      () => {
        if (hasReserve()) throw error;
        return 'written';
      },
      () => (given += 1),
    );
  openReserve(path, 1000).hold(1e9);
  expect(() => once(new Error('something else'))).toThrow('something else');
  expect(hasReserve()).toBe(true);
  expect(once(new Error('cannot be opened', { cause: full }))).toBe('written');
  openReserve(path, 1000).hold(1e9);
  expect(once(full)).toBe('written');
  expect(given).toBe(2);
  const never = () =>
    withReserve(
      path,
      () => {
        throw full;
      },
      () => (given += 1),
    );
  expect(never).toThrow(full); // nothing is left to give
  expect(given).toBe(2);
});

test('half a reserve is none, and none is none', () => {
  const { path, remove } = newTestDirectory();
  onTestFinished(remove);
  openReserve(path, 1000).hold(1e9);
  expect(openReserve(path, 2000).isHeld()).toBe(false);
  const none = openReserve(path, 0);
  none.release();
  none.hold(1e9);
  expect(none.isHeld()).toBe(false);
});

test('is not given up for a start that has room', () => {
  const { path, remove } = newTestDirectory();
  onTestFinished(remove);
  expect(releaseToStart(path)).toBe(false);
  openReserve(path, 1000).hold(1e9);
  expect(releaseToStart(path)).toBe(false);
  expect(openReserve(path, 1000).isHeld()).toBe(true);
});
