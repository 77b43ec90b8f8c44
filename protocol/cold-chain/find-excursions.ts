import {
  type Excursion,
  type ExcursionEnd,
  type LoggedReading,
  type Stretch,
  compareReadings,
  leavesOf,
} from './excursion.ts';
import { meanKineticTemperature } from './mean-kinetic-temperature.ts';
import type { ExcursionRule } from './rule.ts';
import { timeWeights } from './time-weights.ts';

type ThresholdRule = Extract<ExcursionRule, { kind: 'above' | 'below' }>;
type WindowRule = Extract<ExcursionRule, { kind: 'mkt' }>;

/**
 * The excursions of one sensor in one stretch, by time. Pure, in integers but for the mean kinetic temperature, so that
 * whoever has the payloads finds the same.
 *
 * A state is held from one reading to the next where they are at most `maxGapMs` apart. An excursion begins with a reading
 * outside the limit, lasts over all that follow without a longer gap, and counts if it lasted `forMs`.
 * @param readings of the rule's quantity, in any order; those outside the stretch are passed over
 */
export function findExcursions(
  readings: readonly LoggedReading[],
  rule: ExcursionRule,
  stretch: Stretch,
): Excursion[] {
  const within = readings
    .filter(({ time }) => time >= stretch.from && (stretch.until === null || time < stretch.until))
    .toSorted(compareReadings);
  return rule.kind === 'mkt' ? findWarmWindows(within, rule, stretch) : findRuns(within, rule, stretch);
}

/** Positions among the readings: of the first and last outside, and how it ended. */
type Run = { first: number; last: number; ended: ExcursionEnd };

function findRuns(readings: LoggedReading[], rule: ThresholdRule, stretch: Stretch): Excursion[] {
  return runsOf(readings, rule, stretch)
    .map((run) => describeRun(readings, rule, run))
    .filter(({ lastedMs }) => lastedMs >= rule.forMs)
    .map(({ excursion }) => excursion);
}

function runsOf(readings: LoggedReading[], rule: ThresholdRule, { until }: Stretch): Run[] {
  const runs: Run[] = [];
  let run: { first: number; last: number } | undefined;
  for (const [i, { time, value }] of readings.entries()) {
    if (run !== undefined && time - readings[run.last]!.time > rule.maxGapMs) {
      runs.push({ ...run, ended: 'gap' });
      run = undefined;
    }
    if (isOutside(rule, value)) {
      run = { first: run?.first ?? i, last: i };
    } else if (run !== undefined) {
      runs.push({ ...run, ended: 'recovered' });
      run = undefined;
    }
  }
  if (run !== undefined) runs.push({ ...run, ended: until === null ? 'open' : 'left' });
  return runs;
}

function describeRun(
  readings: LoggedReading[],
  rule: ThresholdRule,
  { first, last, ended }: Run,
): { excursion: Excursion; lastedMs: number } {
  const outside = readings.slice(first, last + 1);
  const from = readings[first]!.time;
  const end = readings[ended === 'recovered' ? last + 1 : last]!.time;
  const furthest = rule.kind === 'above' ? Math.max : Math.min;
  const excursion = {
    from,
    until: ended === 'open' ? null : end,
    ended,
    extreme: outside.map(({ value }) => value).reduce((a, b) => furthest(a, b)),
    mkt: mktOf(rule, outside),
    readings: outside.length,
    // The neighbours prove where it begins and ends.
    leaves: leavesOf(readings.slice(Math.max(0, first - 1), last + 2)),
  };
  return { excursion, lastedMs: end - from };
}

function isOutside({ kind, limit }: ThresholdRule, value: number): boolean {
  return kind === 'above' ? value > limit : value < limit;
}

function mktOf({ type, deltaH, maxGapMs }: ThresholdRule, outside: LoggedReading[]): number | null {
  if (type !== 'temperature' || deltaH === undefined) return null;
  return weigh(outside, maxGapMs, deltaH).mkt ?? outside[0]!.value; // one reading, or several at one time
}

function weigh(readings: LoggedReading[], maxGapMs: number, deltaH: number) {
  const weights = timeWeights(readings, maxGapMs);
  const weighted = readings.map(({ value }, i) => ({ milliCelsius: value, weight: weights[i]! }));
  return {
    mkt: meanKineticTemperature(weighted, deltaH),
    coveredMs: weights.reduce((sum, weight) => sum + weight, 0),
  };
}

/** A window is judged once it is over, and only where its readings speak for half of it at least. */
function findWarmWindows(readings: LoggedReading[], rule: WindowRule, stretch: Stretch): Excursion[] {
  const { overMs, maxGapMs, deltaH, limit } = rule;
  const windows = [...Map.groupBy(readings, ({ time }) => Math.floor(time / overMs))];
  return windows.flatMap(([number, inside], i): Excursion[] => {
    if (i === windows.length - 1 && stretch.until === null) return [];
    const { mkt, coveredMs } = weigh(inside, maxGapMs, deltaH);
    if (mkt === undefined || mkt <= limit || coveredMs * 2 < overMs) return [];
    const after = windows[i + 1]?.[1].slice(0, 1) ?? []; // proves that it was over
    return [
      {
        from: number * overMs,
        until: (number + 1) * overMs,
        ended: 'window',
        extreme: inside.map(({ value }) => value).reduce((a, b) => Math.max(a, b)),
        mkt,
        readings: inside.length,
        leaves: leavesOf([...inside, ...after]),
      },
    ];
  });
}
