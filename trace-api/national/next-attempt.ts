import type { NationalFault } from './fault.ts';

/** What one attempt came to: a record, one that says something else than the last, or why there is none. */
export type Outcome = 'record' | NationalFault;

const firstRetryMs = 60_000;

/** Whether to ask again before the interval is over. What the platform itself said, it will say again. */
const isTemporary: Record<Outcome, boolean> = {
  record: false,
  changed: false,
  refused: false,
  'unknown-code': false,
  unavailable: true,
  slow: true,
  'bad-signature': true,
  'expired-credential': true,
  malformed: true,
};

/**
 * When a batch is asked about next: after the interval; after one minute, two, four and so on where something is out of
 * order, and never later than after the interval.
 * @param failures attempts in a row that gave no record, this one included
 * @returns Unix ms
 */
export function nextAttempt(outcome: Outcome, failures: number, now: number, intervalMs: number): number {
  if (!isTemporary[outcome]) return now + intervalMs;
  return now + Math.min(intervalMs, firstRetryMs * 2 ** Math.min(failures - 1, 20));
}

/** Whether somebody who looks at a page may have the next attempt brought forward: not within half a minute of the last. */
export function mayBringForward(lastAt: number | undefined, now: number): boolean {
  return lastAt === undefined || now - lastAt >= 30_000 || now < lastAt;
}
