import fc from 'fast-check';
import { expect, test } from 'vitest';
import { defaultDeltaH, meanKineticTemperature } from './mean-kinetic-temperature.ts';

const equally = (...celsius: number[]) => celsius.map((one) => ({ milliCelsius: one * 1000, weight: 1 }));

// The worked example of github.com/zelti/mkt (README): 2, 2, 5, 8, 8, 8, 8 °C give 6.25 °C.
test('a published example', () => {
  expect(Math.round(meanKineticTemperature(equally(2, 2, 5, 8, 8, 8, 8))! / 10)).toBe(625);
});

test('at one temperature it is that, whatever the energy', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: -80_000, max: 85_000 }),
      fc.array(fc.integer({ min: 1, max: 1e9 }), { minLength: 1, maxLength: 50 }),
      fc.integer({ min: 10_000, max: 500_000 }),
      (milliCelsius, weights, deltaH) => {
        const weighted = weights.map((weight) => ({ milliCelsius, weight }));
        expect(meanKineticTemperature(weighted, deltaH)).toBe(milliCelsius);
      },
    ),
  );
});

test('it lies between the arithmetic mean and the warmest', () => {
  const temperatures = fc.array(fc.integer({ min: -30_000, max: 60_000 }), { minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(temperatures, (those) => {
      const mkt = meanKineticTemperature(those.map((milliCelsius) => ({ milliCelsius, weight: 7 })))!;
      const mean = those.reduce((sum, one) => sum + one, 0) / those.length;
      expect(mkt).toBeGreaterThanOrEqual(Math.floor(mean));
      expect(mkt).toBeLessThanOrEqual(Math.max(...those));
    }),
  );
});

test('a weight of two is the same reading twice', () => {
  const once = [
    { milliCelsius: 4000, weight: 1 },
    { milliCelsius: 20_000, weight: 2 },
  ];
  expect(meanKineticTemperature(once, defaultDeltaH)).toBe(meanKineticTemperature(equally(4, 20, 20)));
});

test('nothing measured has none', () => {
  expect(meanKineticTemperature([])).toBeUndefined();
  expect(meanKineticTemperature([{ milliCelsius: 4000, weight: 0 }])).toBeUndefined();
});
