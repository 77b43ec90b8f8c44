import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pino from 'pino';
import { expect, onTestFinished, test, vi } from 'vitest';
import { newTestDirectory } from '../test-store.ts';
import { superviseBySystemd } from './watchdog.ts';

const logger = pino({ level: 'silent' });

/** In place of systemd-notify, a program that writes down what it was asked to send. */
function recorder() {
  const { path, remove } = newTestDirectory();
  onTestFinished(remove);
  const [program, told] = [join(path, 'notify'), join(path, 'told')];
  writeFileSync(program, `#!/bin/sh\necho "$@" >> ${told}\n`, { mode: 0o755 });
  return { program, told: () => (existsSync(told) ? readFileSync(told, 'utf8').trim().split('\n') : []) };
}

test('says that it is ready, that it lives while it does, and that it stops', async () => {
  const { program, told } = recorder();
  const environment = { NOTIFY_SOCKET: '/run/systemd/notify', WATCHDOG_USEC: '20000' };
  let alive = true;
  const stopping = new AbortController();
  const running = superviseBySystemd(environment, logger, program)!.run(
    () => (alive ? undefined : 'stuck'),
    stopping.signal,
  );
  await vi.waitFor(() => expect(told().length).toBeGreaterThan(2));
  alive = false;
  await vi.waitFor(() => expect(told()).toContain('WATCHDOG=1'));
  stopping.abort();
  await running;
  const lines = told();
  expect(lines[0]).toBe('READY=1');
  expect(lines.at(-1)).toBe('STOPPING=1');
  expect(new Set(lines.slice(1, -1))).toEqual(new Set(['WATCHDOG=1']));
});

test('says nothing of its life where it has none, or nobody watches', async () => {
  for (const [environment, alive] of [
    [{ NOTIFY_SOCKET: '/x', WATCHDOG_USEC: '2000' }, false],
    [{ NOTIFY_SOCKET: '/x' }, true],
  ] as const) {
    const { program, told } = recorder();
    const stopping = new AbortController();
    const running = superviseBySystemd(environment, logger, program)!.run(() => {
      if (!alive) stopping.abort();
      return alive ? undefined : 'stuck';
    }, stopping.signal);
    await vi.waitFor(() => expect(told()).toContain('READY=1'));
    if (alive) stopping.abort();
    await running;
    expect(told()).toEqual(['READY=1', 'STOPPING=1']);
  }
  expect(superviseBySystemd({}, logger)).toBeUndefined();
});
