import type { Entry } from '../log/entry.ts';

/** A gateway's clock and a device's may differ by this much without one of them being wrong in a way that matters. */
const clockToleranceMs = 5 * 60_000;
/** Older than any device: a clock that was never set begins at 1970 or at its firmware's epoch, 2000 for many. */
const earliestTime = Date.UTC(2020, 0, 1);

/**
 * Whether a message's own time can be true: not before there were devices, and not later than it was received, nor, where
 * the gateway did not know the time either, than `now`. All in Unix ms.
 */
export function isPossibleTime(
  time: number,
  { clock, receivedAt }: Pick<Entry, 'clock' | 'receivedAt'>,
  now: number,
): boolean {
  const latest = clock === 'unknown' ? now : receivedAt;
  return time >= earliestTime && time <= latest + clockToleranceMs;
}
