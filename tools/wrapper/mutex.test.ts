import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { whileHolding } from './mutex.mjs';

let folder: string;
let lock: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mutex-'));
  lock = join(folder, 'lock');
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A process that runs `body` while holding the lock. */
function holder(body: string) {
  const script = `
    import { rmSync, writeFileSync } from 'node:fs';
    import { whileHolding } from ${JSON.stringify(join(import.meta.dirname, 'mutex.mjs'))};
    await whileHolding(${JSON.stringify(lock)}, async () => { ${body} });`;
  return spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

test('is held by one process at a time', async () => {
  const inside = JSON.stringify(join(folder, 'inside'));
  // Creating a file that must not exist yet fails if another process is inside.
  const body = `writeFileSync(${inside}, '', { flag: 'wx' }); await new Promise(setImmediate); rmSync(${inside});`;
  const exits = Array.from({ length: 4 }, () => once(holder(body), 'exit'));
  for (const exit of await Promise.all(exits)) expect(exit).toEqual([0, null]);
  expect(existsSync(lock)).toBe(false);
});

test('is let go when the work fails', async () => {
  await expect(whileHolding(lock, () => Promise.reject(new Error('no network')))).rejects.toThrow(
    'no network',
  );
  expect(existsSync(lock)).toBe(false);
});

test('is taken over from a holder that was killed, and not before', async () => {
  const child = holder(`console.log('inside'); setInterval(() => {}, 1000); await new Promise(() => {});`);
  await once(child.stdout, 'data');
  let taken = false;
  const waiting = whileHolding(lock, async () => void (taken = true));
  await new Promise(setImmediate);
  expect(taken).toBe(false);
  child.kill('SIGKILL');
  await waiting;
  expect(taken).toBe(true);
});

test('outlives its holder while a child that it named goes on', async () => {
  const gone = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
  await once(gone, 'exit');
  const installing = spawn(process.execPath, ['--eval', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  writeFileSync(lock, JSON.stringify({ host: hostname(), pids: [gone.pid, installing.pid] }));
  let hasEnded = false;
  installing.once('exit', () => (hasEnded = true));
  const waiting = whileHolding(lock, async () => hasEnded);
  setImmediate(() => installing.kill());
  expect(await waiting).toBe(true);
});
