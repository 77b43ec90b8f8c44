import { describe, expect, test } from 'vitest';
import { fullJitterMs, orAborted, retryForEver } from './backoff.ts';

const bounds = { initialMs: 1, maxMs: 4 };

test('full jitter is anywhere below a bound that doubles up to its own: no two gateways come back together', () => {
  for (const [failures, bound] of [0, 1, 2, 3, 50].map((n) => [n, Math.min(4, 2 ** n)] as const)) {
    const waits = Array.from({ length: 200 }, () => fullJitterMs(failures, bounds));
    expect(Math.max(...waits)).toBeLessThanOrEqual(bound);
    // Of 200, none in the lower or the upper half happens once in 10^60 runs.
    expect([Math.min(...waits) < bound / 2, Math.max(...waits) > bound / 2]).toEqual([true, true]);
  }
});

describe('retryForEver', () => {
  test('tries until it works, telling of each failure, and waits within a doubling bound', async () => {
    const told: [string, number][] = [];
    let tries = 0;
    const work = () => (++tries < 8 ? Promise.reject(new Error(`no ${tries}`)) : Promise.resolve('done'));
    const result = await retryForEver(
      work,
      new AbortController().signal,
      (error, ms) => told.push([(error as Error).message, ms]),
      bounds,
    );
    expect(result).toBe('done');
    expect(told.map(([message]) => message)).toEqual([
      'no 1',
      'no 2',
      'no 3',
      'no 4',
      'no 5',
      'no 6',
      'no 7',
    ]);
    told.forEach(([, ms], i) => {
      expect(ms).toBeGreaterThanOrEqual(0);
      expect(ms).toBeLessThanOrEqual(Math.min(4, 2 ** i));
    });
  });

  test('an abort ends a long wait at once, and nothing is tried any more', async () => {
    const stopping = new AbortController();
    let tries = 0;
    const work = () => {
      tries += 1;
      return Promise.reject(new Error('down'));
    };
    const hour = 3_600_000;
    // The first wait is random: abort within whichever wait has come.
    const running = retryForEver(work, stopping.signal, () => stopping.abort(), {
      initialMs: hour,
      maxMs: hour,
    });
    await expect(running).rejects.toMatchObject({ name: 'AbortError' });
    expect(tries).toBe(1);
  });

  test('does not begin when it is already aborted', async () => {
    await expect(
      retryForEver(
        () => Promise.resolve(1),
        AbortSignal.abort(),
        () => {},
        bounds,
      ),
    ).rejects.toMatchObject({
      name: 'AbortError',
    });
  });
});

describe('orAborted', () => {
  test('is the promise', async () => {
    const { signal } = new AbortController();
    expect(await orAborted(Promise.resolve(7), signal)).toBe(7);
    await expect(orAborted(Promise.reject(new Error('no')), signal)).rejects.toThrow('no');
  });

  test('does not wait for it after an abort, nor mind what becomes of it', async () => {
    const stopping = new AbortController();
    const never = orAborted(new Promise(() => {}), stopping.signal);
    const failing = Promise.withResolvers<void>();
    const failed = orAborted(failing.promise, stopping.signal);
    stopping.abort();
    await expect(never).rejects.toMatchObject({ name: 'AbortError' });
    await expect(failed).rejects.toMatchObject({ name: 'AbortError' });
    failing.reject(new Error('too late to matter'));
    await expect(orAborted(new Promise(() => {}), stopping.signal)).rejects.toMatchObject({
      name: 'AbortError',
    });
  });
});
