import type { ClockState } from '@tianyuan/protocol';
import type { SyncReading } from './time-source.ts';

/** What is known of the wall clock at a moment of the monotonic one. */
export type ClockQuality = {
  state: ClockState;
  /** the monotonic ms at which the clock was last known to be right; undefined while it never was, or after a jump */
  rightAt: number | undefined;
};

export const unknownQuality: ClockQuality = { state: 'unknown', rightAt: undefined };

/**
 * timesyncd and chrony ask at most every 34 minutes (2,048 s); twice that without an answer means that nobody answers any
 * more, and from there on the clock runs on its own crystal.
 */
export const freshMs = 70 * 60_000;

/**
 * The quality after the system was asked. Pure.
 * @param monotonicMs now
 * @param holdoverMs how long a clock that was right counts as holdover: a board's crystal drifts 2 to 5 s a day
 */
export function assessClock(
  previous: ClockQuality,
  reading: SyncReading | undefined,
  monotonicMs: number,
  holdoverMs: number,
): ClockQuality {
  const rightAt = reading?.synchronised ? monotonicMs - (reading.ageMs ?? 0) : previous.rightAt;
  if (rightAt === undefined) return unknownQuality;
  const sinceMs = monotonicMs - rightAt;
  if (reading?.synchronised && sinceMs <= freshMs) return { state: 'synchronised', rightAt };
  return sinceMs <= holdoverMs ? { state: 'holdover', rightAt } : unknownQuality;
}
