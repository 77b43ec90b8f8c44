import type { Worker } from 'node:worker_threads';
import { describe, expect, onTestFinished, test } from 'vitest';
import { keyringOf, newTestDevice, signedMessage } from '../test-device.ts';
import type { DeviceKey, Keyring } from './verify-message.ts';
import { openVerifyPool } from './verify-pool.ts';

const device = newTestDevice('pool-1');
const keyring = keyringOf(device);

function messages(count: number, from = 1) {
  return Array.from({ length: count }, (_, i) => ({
    device: device.id,
    payload: signedMessage(device, { seq: from + i }),
  }));
}

/** What no enrolment lets in: the verifying thread stumbles over it and dies, as over a bug. */
const deadly: Keyring = new Map([['pool-1/1', null as unknown as DeviceKey]]);

function openTestPool(threads: number) {
  const pool = openVerifyPool(threads);
  onTestFinished(() => pool.close());
  return pool;
}

describe('a verifying pool', () => {
  test('gives verdicts in the order of the messages', async () => {
    const pool = openTestPool(2);
    const batches = await Promise.all(
      [messages(5), messages(3, 6)].map((batch) => pool.verify(batch, keyring)),
    );
    expect(batches.flat().map((verdict) => 'seq' in verdict && verdict.seq)).toEqual([
      1, 2, 3, 4, 5, 6, 7, 8,
    ]);
  });

  test('verifies each batch with the keys that it was given', async () => {
    const pool = openTestPool(1);
    const known = pool.verify(messages(1), keyring);
    const unknown = pool.verify(messages(1), new Map());
    const knownAgain = pool.verify(messages(1), keyring);
    expect((await known)[0]).toMatchObject({ code: 'VERIFIED' });
    expect((await unknown)[0]).toMatchObject({ code: 'UNKNOWN_DEVICE' });
    expect((await knownAgain)[0]).toMatchObject({ code: 'VERIFIED' });
  });

  test('a thread that dies rejects all that it was asked, and the next batch gets a new one', async () => {
    const pool = openTestPool(1);
    const asked = [
      pool.verify(messages(1), keyring),
      pool.verify(messages(1), deadly),
      pool.verify(messages(1), keyring),
    ];
    const [before, killer, after] = await Promise.allSettled(asked);
    expect(before).toMatchObject({ status: 'fulfilled' });
    expect(killer).toMatchObject({ status: 'rejected', reason: { code: 'VERIFIER' } });
    expect(after).toMatchObject({ status: 'rejected', reason: { code: 'VERIFIER' } });
    let started = 0;
    const count = () => (started += 1);
    process.on('worker', count);
    onTestFinished(() => void process.off('worker', count));
    for (let i = 0; i < 3; i++) {
      expect(await pool.verify(messages(1), keyring)).toMatchObject([{ code: 'VERIFIED' }]);
    }
    expect(started).toBe(1);
  });

  test('the other threads go on while one is dead', async () => {
    const pool = openTestPool(3);
    const asked = [
      pool.verify(messages(1), deadly),
      pool.verify(messages(2), keyring),
      pool.verify(messages(2), keyring),
    ];
    const settled = await Promise.allSettled(asked);
    expect(settled.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
  });

  test('closing rejects what is under way and what comes after', async () => {
    const pool = openVerifyPool(1);
    const underWay = pool.verify(messages(50), keyring).catch((error: unknown) => error);
    await pool.close();
    expect(await underWay).toMatchObject({ code: 'VERIFIER' });
    await expect(pool.verify(messages(1), keyring)).rejects.toMatchObject({ code: 'VERIFIER' });
  });

  test('closing stops no thread while it loads, and still rejects at once', async () => {
    let loaded = 0;
    const watch = (worker: Worker) => {
      worker.on('message', (answer) => (loaded += answer === 'loaded' ? 1 : 0));
    };
    process.on('worker', watch);
    onTestFinished(() => void process.off('worker', watch));
    const pool = openVerifyPool(2);
    const rejected = pool.verify(messages(1), keyring).then(
      () => 'verified',
      () => `rejected when ${loaded} had loaded`,
    );
    const closed = pool.close();
    expect(await rejected).toBe('rejected when 0 had loaded');
    await closed;
    expect(loaded).toBe(2);
  });
});
