import { setTimeout as delay } from 'node:timers/promises';

/** The bound of the first wait, and the one up to which it doubles. */
export type Bounds = { initialMs: number; maxMs: number };

export type Backoff = Bounds & {
  /** what the other side asked for after this failure, if anything: it is waited in full, and something beyond it */
  atLeastMs?: (error: unknown) => number | undefined;
};

/** The largest part of a wait that was asked for, by which we come later than asked: not all who were told come at once. */
const lateness = 0.5;

/** A random time up to a bound that doubles with each failure before this one ("full jitter"), ms. */
export function fullJitterMs(failures: number, { initialMs, maxMs }: Bounds, leastBoundMs = 0): number {
  return Math.random() * Math.max(leastBoundMs, Math.min(maxMs, initialMs * 2 ** failures));
}

/**
 * Tries for ever, waiting a random time up to a doubling bound ("full jitter"), so that a thousand gateways whose server
 * comes back do not come back together.
 * @param onFailure told of every failed try, and how long the next one waits
 * @returns what `work` resolved with; rejects only once the signal is aborted, and then at once
 */
export async function retryForEver<T>(
  work: () => Promise<T>,
  signal: AbortSignal,
  onFailure: (error: unknown, delayMs: number) => void,
  { initialMs = 500, maxMs = 60_000, atLeastMs }: Partial<Backoff> = {},
): Promise<T> {
  for (let failures = 0; ; failures++) {
    try {
      signal.throwIfAborted();
      return await work();
    } catch (error) {
      if (signal.aborted) throw error;
      const asked = atLeastMs?.(error) ?? 0;
      const delayMs = asked + fullJitterMs(failures, { initialMs, maxMs }, asked * lateness);
      onFailure(error, delayMs);
      await delay(delayMs, undefined, { signal });
    }
  }
}

/** The promise, or a rejection as soon as the signal is aborted; what the promise does then is nobody's concern any more. */
export function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
