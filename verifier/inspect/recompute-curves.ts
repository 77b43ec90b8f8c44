import {
  type Entry,
  type Message,
  type QuantityName,
  bodyOf,
  isInRange,
  plainReadings,
} from '@tianyuan/protocol';
import type { Curve } from './answers.ts';
import { type LotScope, isExposed, namesLot } from './lot-scope.ts';

/** One reading that belongs on a curve: device time in Unix ms, value in the data dictionary's scaled unit. */
export type Measured = {
  device: string;
  /** empty where the device does not name it */
  sensor: string;
  type: QuantityName;
  time: number;
  value: number;
};

export type Period = { from: number; to: number };

/** As the trace API states them: docs/inspection.md. */
const maxBuckets = 300;
const clockToleranceMs = 5 * 60_000;
const earliestTime = Date.UTC(2020, 0, 1);

/**
 * The readings of a message that a curve is drawn from. A message of a clock that cannot be right gives none; where the
 * gateway's clock was unknown as well, only the mirror's own could tell, and its flag is taken for it.
 */
export function measuredOf(message: Message, entry: Entry, flag: string | null, scope: LotScope): Measured[] {
  const body = bodyOf(message);
  if (body.name !== 'readings') return [];
  const isPossible = body.readings.every(({ type, value }) => isInRange(type, value));
  if (isPossible && isSkewed(message, entry, flag)) return [];
  const all = namesLot(message, scope);
  return plainReadings(message)
    .filter(({ time }) => all || isExposed(message.device, time, scope))
    .map(({ sensor, type, time, value }) => ({ device: message.device, sensor, type, time, value }));
}

function isSkewed({ time }: Message, entry: Entry, flag: string | null): boolean {
  if (time < earliestTime) return true;
  return entry.clock === 'unknown' ? flag === 'CLOCK_SKEW' : time > entry.receivedAt + clockToleranceMs;
}

export function periodOf(measured: readonly Measured[]): Period | null {
  if (measured.length === 0) return null;
  let [from, to] = [Infinity, -Infinity];
  for (const { time } of measured) {
    from = Math.min(from, time);
    to = Math.max(to, time);
  }
  return { from, to };
}

/** A curve without what was agreed for it. */
export type Recomputed = Pick<Curve, 'type' | 'device' | 'points' | 'count'> & { values: number[] };

/** The curves of these readings, by `type/device`: at most 300 buckets over the period, the same for all. Pure. */
export function recomputeCurves(measured: readonly Measured[], period: Period): Map<string, Recomputed> {
  const bucketMs = Math.max(1, Math.ceil((period.to - period.from + 1) / maxBuckets));
  const curves = new Map<string, Recomputed>();
  const byCurve = Map.groupBy(measured, ({ type, device }) => `${type}/${device}`);
  for (const [name, readings] of byCurve) {
    const buckets = Map.groupBy(readings, ({ time }) => Math.floor((time - period.from) / bucketMs));
    const points = [...buckets]
      .toSorted(([a], [b]) => a - b)
      .map(([bucket, within]) => {
        const values = within.map(({ value }) => value);
        return {
          time: period.from + bucket * bucketMs + Math.floor(bucketMs / 2),
          min: values.reduce((a, b) => Math.min(a, b)),
          mean: roundedMean(values),
          max: values.reduce((a, b) => Math.max(a, b)),
        };
      });
    const { type, device } = readings[0]!;
    curves.set(name, {
      type,
      device,
      points,
      count: readings.length,
      values: readings.map(({ value }) => value),
    });
  }
  return curves;
}

/** Halves away from zero, as SQL rounds. Sums of 2^31 readings stay exact. */
function roundedMean(values: readonly number[]): number {
  const sum = values.reduce((a, b) => a + b, 0);
  const count = values.length;
  return Math.sign(sum) * Math.floor((2 * Math.abs(sum) + count) / (2 * count)) || 0;
}

export function countOutside(values: readonly number[], limits: Curve['limits']): number {
  if (limits === null) return 0;
  const { min, max } = limits;
  return values.filter((value) => (min !== null && value < min) || (max !== null && value > max)).length;
}
