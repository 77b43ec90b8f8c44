import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addSums, kineticSum, meanKineticTemperature } from './mean-kinetic-temperature.ts';

const milliC = fc.integer({ min: -40_000, max: 60_000 });
const sample = fc.record({ milliC, durationMs: fc.integer({ min: 1, max: 86_400_000 }) });
const samples = fc.array(sample, { minLength: 1, maxLength: 50 });

const mktOf = (all: readonly { milliC: number; durationMs: number }[]) =>
  meanKineticTemperature(addSums(all.map((one) => kineticSum(one.milliC, one.durationMs))))!;

test('of a constant temperature is that temperature', () => {
  fc.assert(
    fc.property(milliC, fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 1 }), (at, durations) => {
      expect(mktOf(durations.map((durationMs) => ({ milliC: at, durationMs })))).toBe(at);
    }),
  );
});

test('lies between the mean and the warmest: warmth harms more than as much cold heals', () => {
  fc.assert(
    fc.property(samples, (all) => {
      const total = all.reduce((sum, { durationMs }) => sum + durationMs, 0);
      const mean = all.reduce((sum, one) => sum + one.milliC * one.durationMs, 0) / total;
      const mkt = mktOf(all);
      expect(mkt).toBeGreaterThanOrEqual(Math.floor(mean));
      expect(mkt).toBeLessThanOrEqual(Math.max(...all.map((one) => one.milliC)));
    }),
  );
});

test('rises with every warmer reading', () => {
  fc.assert(
    fc.property(samples, fc.integer({ min: 1, max: 20_000 }), (all, warmer) => {
      const [first, ...rest] = all;
      const warmed = [{ ...first!, milliC: first!.milliC + warmer }, ...rest];
      expect(mktOf(warmed)).toBeGreaterThanOrEqual(mktOf(all));
    }),
  );
});

test('depends on no order, and on no division of a time into parts', () => {
  fc.assert(
    fc.property(samples, fc.integer({ min: 0, max: 49 }), (all, cut) => {
      const sums = all.map((one) => kineticSum(one.milliC, one.durationMs));
      const [left, right] = [addSums(sums.slice(0, cut)), addSums(sums.slice(cut))];
      const parts = meanKineticTemperature(addSums([right, left]))!;
      expect(Math.abs(parts - mktOf(all))).toBeLessThanOrEqual(1);
    }),
  );
});

// The formula as the pharmacopoeia writes it, n readings at equal intervals and in SI units.
test("is USP's formula where readings come at equal intervals", () => {
  const usp = (celsius: readonly number[]): number => {
    const [activation, gas] = [83_144, 8.3144];
    const sum = celsius.reduce((total, c) => total + Math.exp(-activation / (gas * (c + 273.15))), 0);
    return activation / gas / -Math.log(sum / celsius.length) - 273.15;
  };
  fc.assert(
    fc.property(fc.array(milliC, { minLength: 1, maxLength: 52 }), (all) => {
      const mkt = mktOf(all.map((one) => ({ milliC: one, durationMs: 60_000 })));
      expect(Math.abs(mkt - usp(all.map((one) => one / 1000)) * 1000)).toBeLessThanOrEqual(1);
    }),
  );
});

test('of nothing is nothing', () => {
  expect(meanKineticTemperature(addSums([]))).toBeUndefined();
});
