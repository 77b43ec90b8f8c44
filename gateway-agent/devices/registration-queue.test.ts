import type { Registrar } from '@tianyuan/chain';
import { ChainError } from '@tianyuan/chain/chain-error.ts';
import pino from 'pino';
import { expect, onTestFinished, test, vi } from 'vitest';
import { enrolmentOf, newTestDevice } from '../test-device.ts';
import { newTestStore } from '../test-store.ts';
import { enrolDevice } from './enrol-device.ts';
import { openRegistrationQueue } from './registration-queue.ts';

test('a chain that is away is tried again after random waits', async () => {
  const { store, remove } = newTestStore();
  onTestFinished(remove);
  enrolDevice(store, enrolmentOf(newTestDevice('truck')), 0);
  // The shortest waits that there are; only what is drawn at random can be made so short.
  const random = vi.spyOn(Math, 'random').mockReturnValue(0);
  onTestFinished(() => random.mockRestore());
  const waits: number[] = [];
  const logger = pino(
    { level: 'debug' },
    {
      write(line: string) {
        const { retryInMs } = JSON.parse(line) as { retryInMs?: number };
        if (retryInMs !== undefined) waits.push(retryInMs);
      },
    },
  );
  const told = Promise.withResolvers<string>();
  let connects = 0;
  const connect = (): Promise<Registrar> => {
    connects += 1;
    if (connects < 4) return Promise.reject(new ChainError('NODE_UNREACHABLE', 'nobody is there'));
    return Promise.resolve({
      enrol(key: { id: string }) {
        told.resolve(key.id);
        return Promise.resolve('told');
      },
      close() {},
    } as unknown as Registrar);
  };
  const stopping = new AbortController();
  const running = openRegistrationQueue(store, logger, 'gw.example').run(connect, stopping.signal);
  expect(await told.promise).toBe('truck');
  stopping.abort();
  await running;
  expect(waits).toEqual([0, 0, 0]);
});
