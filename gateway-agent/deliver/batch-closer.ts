import type { Arrival, Outcome } from '../keep/keep.ts';
import { newBatchWatch } from './batch-watch.ts';

export type BatchCloser = {
  /** Told of every commit. */
  see: (outcomes: readonly Outcome[], arrivals: readonly Arrival[]) => void;
  close: () => void;
};

/** A batch that nobody names any more may be anchored so much later than its quiet time. */
const lookEveryMs = 60_000;

/**
 * Asks for an anchor when a batch is closed: whoever buys it then has a final proof within minutes, whatever the policy.
 * @param quietMs 0 for not at all
 */
export function openBatchCloser(quietMs: number, anchorNow: (reason: string) => void): BatchCloser {
  if (quietMs === 0) return { see: () => {}, close: () => {} };
  const watch = newBatchWatch(quietMs);
  const tell = (closed: readonly string[]): void => {
    for (const batch of closed) anchorNow(`batch ${batch} is closed`);
  };
  const timer = setInterval(() => tell(watch.closeQuiet(performance.now())), lookEveryMs);
  return {
    see(outcomes, arrivals) {
      const now = performance.now();
      arrivals.forEach(({ device, verdict }, i) => {
        if (verdict.code !== 'VERIFIED' || outcomes[i]?.code !== 'LOGGED') return;
        tell(watch.see(device, verdict.batch, now));
      });
    },
    close: () => clearInterval(timer),
  };
}
