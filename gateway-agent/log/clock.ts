import { performance } from 'node:perf_hooks';
import type { ClockState } from '@tianyuan/protocol';

/** The gateway's sense of time: what is written into entries. */
export type Clock = {
  /** wall clock, Unix ms; never before 1970, where an entry cannot go */
  now: () => number;
  /** whole monotonic ms since this process counted its boot */
  sinceBootMs: () => number;
  /** how good the wall clock is */
  state: () => ClockState;
};

/** @param state what is known of the wall clock, see clock/watch-clock.ts */
export function systemClock(state: () => ClockState = () => 'unknown'): Clock {
  const start = performance.now();
  return {
    now: () => Math.max(0, Date.now()),
    sinceBootMs: () => Math.floor(performance.now() - start),
    state,
  };
}
