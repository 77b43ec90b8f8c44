import type { SyncReading, TimeSource } from './time-source.ts';
import { runProgram } from './run-program.ts';

/** chrony's own clock, which a chronyd with `local` gives out where no server answers: it is right by nobody's word. */
const localReference = '7F7F0101';
/** Reference id, stratum, time of the last update and leap status in `chronyc -c tracking`: chronyc(1). */
const fields = { reference: 0, updatedAt: 3, leap: 13, count: 14 } as const;

/** @param options for a chronyd that listens elsewhere than chronyc looks by itself */
export function chronySource(now: () => number = Date.now, options: readonly string[] = []): TimeSource {
  return {
    name: 'chrony',
    async read() {
      const output = await runProgram('chronyc', [...options, '-c', 'tracking']);
      return output === undefined ? undefined : parseTracking(output, now());
    },
  };
}

/** `chronyc -c tracking` as a reading; undefined for anything else. Pure. */
export function parseTracking(output: string, now: number): SyncReading | undefined {
  const values = output.trim().split(',');
  if (values.length !== fields.count) return undefined;
  const updatedAtMs = Number(values[fields.updatedAt]) * 1000;
  if (values[fields.leap] === 'Not synchronised' || values[fields.reference] === localReference) {
    return { synchronised: false };
  }
  if (!Number.isFinite(updatedAtMs) || updatedAtMs <= 0) return { synchronised: true };
  const ageMs = now - updatedAtMs;
  // A clock that was set to before its last update was not set by chrony. Its times are of a second's precision here.
  return ageMs < -1000 ? { synchronised: false } : { synchronised: true, ageMs: Math.max(0, ageMs) };
}
