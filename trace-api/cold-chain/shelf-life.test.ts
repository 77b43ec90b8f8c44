import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ShelfLifeModel, estimateShelfLife, warmest } from './shelf-life.ts';

const hour = 3600_000;
const day = 24 * hour;

const model: ShelfLifeModel = {
  model: 'q10',
  referenceMilliCelsius: 5000,
  likely: { lifeMs: 90 * day, q10Milli: 2800 },
  least: { lifeMs: 56 * day, q10Milli: 2000 },
  most: { lifeMs: 90 * day, q10Milli: 4200 },
  coldestMilliCelsius: 0,
  maxGapMs: 2 * hour,
  source: 'a test',
};

/** A reading every hour, the first at 0. */
const constant = (milliCelsius: number, hours: number) =>
  Array.from({ length: hours + 1 }, (_, i) => ({ time: i * hour, value: milliCelsius }));

describe('the remaining life', () => {
  test('at a constant temperature has the closed form life × (1 − t × Q10^((T − Tref)/10) / life)', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 30_000 }),
        fc.integer({ min: 1, max: 400 }),
        fc.integer({ min: 1000, max: 5000 }),
        (milliCelsius, hours, q10Milli) => {
          const found = estimateShelfLife(constant(milliCelsius, hours), 0, {
            ...model,
            likely: { ...model.likely, q10Milli },
          })!;
          const rate = (q10Milli / 1000) ** ((milliCelsius - 5000) / 10_000);
          const expected = Math.max(0, 90 * day - hours * hour * rate);
          expect(Math.abs(found.remainingMs - expected)).toBeLessThanOrEqual(1);
          expect(found).toMatchObject({ elapsedMs: hours * hour, unrecordedMs: 0 });
        },
      ),
    );
  });

  test('after ten days at the reference is ten days less, and ten degrees warmer 28 days', () => {
    expect(estimateShelfLife(constant(5000, 240), 0, model)).toMatchObject({
      remainingMs: 80 * day,
      consumedPpm: 111_111,
    });
    expect(estimateShelfLife(constant(15_000, 240), 0, model)).toMatchObject({ remainingMs: 62 * day });
  });

  test('lies between its bounds, which the likely parameters are within', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -5000, max: 30_000 }), { minLength: 2, maxLength: 100 }),
        (values) => {
          const samples = values.map((value, i) => ({ time: i * hour, value }));
          const found = estimateShelfLife(samples, 0, model)!;
          expect(found.leastRemainingMs).toBeLessThanOrEqual(found.remainingMs);
          expect(found.mostRemainingMs).toBeGreaterThanOrEqual(found.remainingMs);
        },
      ),
    );
  });

  test('takes what nobody measured as gone at the average rate of what was', () => {
    const gap = [
      ...constant(15_000, 10),
      ...constant(15_000, 10).map((one) => ({ ...one, time: one.time + 100 * hour })),
    ];
    const found = estimateShelfLife(gap, -10 * hour, model)!;
    expect(found).toMatchObject({ elapsedMs: 120 * hour, unrecordedMs: 100 * hour });
    expect(found.remainingMs).toBe(estimateShelfLife(constant(15_000, 120), 0, model)!.remainingMs);
  });

  test('is not longer for having been frozen', () => {
    expect(estimateShelfLife(constant(-20_000, 10), 0, model)).toEqual(
      estimateShelfLife(constant(0, 10), 0, model),
    );
  });

  test('is unknown where nothing was measured twice within the longest gap', () => {
    expect(estimateShelfLife([], 0, model)).toBeUndefined();
    expect(estimateShelfLife([{ time: 0, value: 4000 }], 0, model)).toBeUndefined();
  });
});

test('of several sensors the warmest in each slot counts', () => {
  const samples = [
    { time: 1, value: 4 },
    { time: 8, value: 9 },
    { time: 15, value: 5 },
  ];
  expect(warmest(samples, 10)).toEqual([
    { time: 8, value: 9 },
    { time: 15, value: 5 },
  ]);
});
