import { gpsRange } from '@tianyuan/protocol';
import type { SeriesState } from './device-state.ts';
import type { MessageFlag } from './flag.ts';
import type { Observed } from './packed-readings.ts';
import type { QuantityRule } from './rule-set.ts';

/** Closer together than this, a sensor's noise looks like speed: the change of the longer time is allowed. */
const leastIntervalMs = 10_000;
/** A slow device may say the same twice a day and be right. */
const stuckReadings = 4;

/**
 * One reading against the newest one before it in its series. Pure.
 * @param time of the reading, by the device's clock
 */
export function judgeReading(
  { type, value, second }: Observed,
  time: number,
  previous: SeriesState | undefined,
  rule: QuantityRule,
): { flags: MessageFlag[]; state: SeriesState } {
  const flags: MessageFlag[] = [];
  const isGps = type === 'gps';
  if (!(isGps ? isOnEarth(value, second) : rule.range[0] <= value && value <= rule.range[1])) {
    flags.push('OUT_OF_RANGE');
  }
  const isSame = previous !== undefined && previous.value === value && previous.second === second;
  const state: SeriesState =
    isSame && time >= previous.since
      ? { value, second, time, since: previous.since, count: previous.count + 1 }
      : { value, second, time, since: time, count: 1 };
  if (previous === undefined || time <= previous.time) return { flags, state };

  const elapsedMs = Math.max(time - previous.time, leastIntervalMs);
  const change = isGps ? distance(previous, { value, second }) : Math.abs(value - previous.value);
  if (change * 60_000 > rule.maxChangePerMinute * elapsedMs) flags.push(isGps ? 'GPS_JUMP' : 'FAST_CHANGE');
  if (state.count >= stuckReadings && time - state.since >= rule.stuckAfterMs) flags.push('STUCK');
  return { flags, state };
}

function isOnEarth(latitude: number, longitude: number): boolean {
  return Math.abs(latitude) <= gpsRange.latitude && Math.abs(longitude) <= gpsRange.longitude;
}

type Position = { value: number; second: number };

/** Between two positions in 1e-7 degree of a great circle (haversine), across the date line too. */
function distance(from: Position, to: Position): number {
  const unit = Math.PI / 180 / 1e7;
  const half = (a: number, b: number) => Math.sin(((b - a) * unit) / 2) ** 2;
  const chord =
    half(from.value, to.value) +
    Math.cos(from.value * unit) * Math.cos(to.value * unit) * half(from.second, to.second);
  return (2 * Math.asin(Math.sqrt(Math.min(1, Math.max(0, chord))))) / unit;
}
