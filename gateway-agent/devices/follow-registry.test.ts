import { join } from 'node:path';
import pino from 'pino';
import { expect, onTestFinished, test, vi } from 'vitest';
import { newTestStore } from '../test-store.ts';
import { followRegistry } from './follow-registry.ts';
import { openRegistryCopy } from './registry-copy.ts';

test('following that fails begins again after random waits, as long as the process runs', async () => {
  const { store, dataDir, remove } = newTestStore();
  onTestFinished(remove);
  // The shortest waits that there are; only what is drawn at random can be made so short.
  const random = vi.spyOn(Math, 'random').mockReturnValue(0);
  onTestFinished(() => random.mockRestore());
  const stopping = new AbortController();
  const waits: number[] = [];
  const write = (line: string): void => {
    waits.push((JSON.parse(line) as { retryInMs: number }).retryInMs);
    if (waits.length === 5) stopping.abort();
  };
  await followRegistry({
    rpcUrl: 'http://127.0.0.1:1',
    deploymentFile: join(dataDir, 'there-is-none.json'),
    logId: 'ab'.repeat(32),
    copy: openRegistryCopy(store, 'ab'.repeat(32)),
    signal: stopping.signal,
    logger: pino({ level: 'warn' }, { write }),
    apply: () => expect.unreachable(),
  });
  expect(waits).toEqual([0, 0, 0, 0, 0]);
});
