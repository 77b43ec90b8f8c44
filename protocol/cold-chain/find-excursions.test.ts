import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { LoggedReading } from './excursion.ts';
import { findExcursions } from './find-excursions.ts';
import type { ExcursionRule } from './rule.ts';

const above = (over: Partial<Extract<ExcursionRule, { kind: 'above' }>> = {}) =>
  ({
    kind: 'above',
    id: 'warm',
    type: 'temperature',
    limit: 8000,
    forMs: 0,
    maxGapMs: 100,
    ...over,
  }) as const;

const stretch = { from: 0, until: null };

/** Readings one after the other in one log. */
const at = (...points: [time: number, value: number][]): LoggedReading[] =>
  points.map(([time, value], index) => ({ time, value, logId: 'a', index }));

describe('an excursion', () => {
  test('begins with the first reading outside and ends with the first one inside', () => {
    const readings = at([0, 4000], [50, 8001], [100, 9000], [150, 8000], [200, 4000]);
    expect(findExcursions(readings, above({ deltaH: 83_144 }), stretch)).toEqual([
      {
        from: 50,
        until: 150,
        ended: 'recovered',
        extreme: 9000,
        mkt: 8515,
        readings: 2,
        leaves: [{ logId: 'a', first: 0, last: 3, count: 4 }],
      },
    ]);
  });

  test('counts only if it lasted', () => {
    const readings = at([0, 9000], [99, 4000], [150, 9000], [250, 4000]);
    const found = findExcursions(readings, above({ forMs: 100 }), stretch);
    expect(found.map(({ from, until }) => [from, until])).toEqual([[150, 250]]);
  });

  test('is not held over a gap longer than the rule says', () => {
    const readings = at([0, 9000], [100, 9000], [201, 9000], [250, 9000]);
    const found = findExcursions(readings, above(), stretch);
    expect(found.map(({ from, until, ended }) => ({ from, until, ended }))).toEqual([
      { from: 0, until: 100, ended: 'gap' },
      { from: 201, until: null, ended: 'open' },
    ]);
    expect(found[0]!.leaves).toEqual([{ logId: 'a', first: 0, last: 2, count: 3 }]);
  });

  test('ends with the stretch in which the device measured for the batch', () => {
    const readings = at([0, 9000], [50, 9000], [90, 9000]);
    expect(findExcursions(readings, above(), { from: 10, until: 90 })).toMatchObject([
      { from: 50, until: 50, ended: 'left' },
    ]);
  });

  test('is of the cold as well', () => {
    const cold = { ...above({ limit: 0 }), kind: 'below' as const };
    expect(findExcursions(at([0, 0], [50, -1], [60, -9], [70, 0]), cold, stretch)).toMatchObject([
      { from: 50, until: 70, extreme: -9 },
    ]);
  });

  test('that two logs have names its leaves in both', () => {
    const readings = at([0, 9000], [10, 9000], [20, 4000]).map((one, i) => ({
      ...one,
      logId: i === 1 ? 'b' : 'a',
    }));
    expect(findExcursions(readings, above(), stretch)[0]!.leaves).toEqual([
      { logId: 'a', first: 0, last: 2, count: 2 },
      { logId: 'b', first: 1, last: 1, count: 1 },
    ]);
  });
});

const readingsAt = fc
  .uniqueArray(fc.integer({ min: 0, max: 300 }), { minLength: 0, maxLength: 40 })
  .chain((times) =>
    fc
      .array(fc.integer({ min: 0, max: 10 }), { minLength: times.length, maxLength: times.length })
      .map((values) =>
        times.map((time, i): LoggedReading => ({ time, value: values[i]!, logId: 'a', index: i })),
      ),
  );

test('against a look at every millisecond', () => {
  fc.assert(
    fc.property(
      readingsAt,
      fc.integer({ min: 0, max: 10 }),
      fc.integer({ min: 1, max: 30 }),
      fc.integer({ min: 1, max: 40 }),
      (readings, limit, forMs, maxGapMs) => {
        const found = findExcursions(readings, above({ limit, forMs, maxGapMs }), { from: 0, until: 1000 });
        expect(found.map(({ from, until }) => [from, until])).toEqual(
          naive(readings, limit, forMs, maxGapMs),
        );
      },
    ),
  );
});

/** Asks of every millisecond in which state the last reading before it left things. */
function naive(readings: readonly LoggedReading[], limit: number, forMs: number, maxGapMs: number) {
  const sorted = readings.toSorted((a, b) => a.time - b.time);
  const isOutsideAt = (time: number): boolean => {
    const last = sorted.findLast((one) => one.time <= time);
    const next = sorted.find((one) => one.time > time);
    if (last === undefined || next === undefined || next.time - last.time > maxGapMs) return false;
    return last.value > limit;
  };
  const spans: number[][] = [];
  for (let time = 0; time < 300; time++) {
    if (!isOutsideAt(time)) continue;
    const last = spans.at(-1);
    if (last?.[1] === time) last[1] = time + 1;
    else spans.push([time, time + 1]);
  }
  return spans.filter(([from, until]) => until! - from! >= forMs);
}

describe('a window', () => {
  const warm = {
    kind: 'mkt',
    id: 'day',
    type: 'temperature',
    limit: 8000,
    overMs: 100,
    maxGapMs: 50,
    deltaH: 83_144,
  } as const;

  test('too warm on the whole is an excursion, once it is over', () => {
    const readings = at([0, 5000], [40, 12_000], [90, 5000]);
    expect(findExcursions(readings, warm, stretch)).toEqual([]);
    expect(
      findExcursions([...readings, { time: 100, value: 1000, logId: 'a', index: 3 }], warm, stretch),
    ).toEqual([
      {
        from: 0,
        until: 100,
        ended: 'window',
        extreme: 12_000,
        mkt: 9207,
        readings: 3,
        leaves: [{ logId: 'a', first: 0, last: 3, count: 4 }],
      },
    ]);
  });

  test('of which less than half is known is not judged', () => {
    expect(findExcursions(at([0, 12_000], [49, 12_000], [150, 1000]), warm, stretch)).toEqual([]);
    expect(findExcursions(at([0, 12_000], [50, 12_000], [150, 1000]), warm, stretch)).toHaveLength(1);
  });
});
