import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { autoregressive, gaussian, interpolate, noiseKey, uniform } from './noise.ts';

const key = noiseKey('a seed', 'a device');
const numbers = (count: number, of: (k: number) => number) => Array.from({ length: count }, (_, k) => of(k));
const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
const variance = (values: number[]) => mean(values.map((value) => value ** 2)) - mean(values) ** 2;

describe('addressed noise', () => {
  test('is uniform in [0, 1)', () => {
    const drawn = numbers(20_000, (k) => uniform(key, k));
    expect(Math.min(...drawn)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...drawn)).toBeLessThan(1);
    expect(mean(drawn)).toBeCloseTo(0.5, 1.5);
    expect(variance(drawn)).toBeCloseTo(1 / 12, 2);
  });

  test('is standard and bounded where it is called gaussian', () => {
    const drawn = numbers(20_000, (k) => gaussian(key, k));
    expect(mean(drawn)).toBeCloseTo(0, 1);
    expect(variance(drawn)).toBeCloseTo(1, 1);
    expect(Math.max(...drawn.map(Math.abs))).toBeLessThan(3.47);
  });

  test('gives streams of different names that have nothing to do with each other', () => {
    const one = numbers(5_000, (k) => gaussian(noiseKey('seed', 'orchard-01'), k));
    const other = numbers(5_000, (k) => gaussian(noiseKey('seed', 'orchard-02'), k));
    expect(Math.abs(mean(one.map((value, k) => value * other[k]!)))).toBeLessThan(0.05);
    expect(noiseKey('ab', 'c')).not.toBe(noiseKey('a', 'bc'));
  });

  test('has the variance and the memory of an AR(1) process', () => {
    const phi = 0.9;
    const series = numbers(4_000, (k) => autoregressive(key, k, phi));
    const average = mean(series);
    const lagged = mean(series.slice(1).map((value, k) => (value - average) * (series[k]! - average)));
    expect(Math.abs(average)).toBeLessThan(0.3);
    expect(Math.abs(variance(series) - 1)).toBeLessThan(0.25);
    expect(Math.abs(lagged / variance(series) - phi)).toBeLessThan(0.03);
  });

  test('goes through its knots and never beyond them in between', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -1e6, max: 1e6 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (k, share) => {
          const series = (at: number) => gaussian(key, at);
          expect(interpolate(series, k * 1000, 1000)).toBeCloseTo(series(k), 9);
          const between = interpolate(series, (k + share) * 1000, 1000);
          expect(between).toBeGreaterThanOrEqual(Math.min(series(k), series(k + 1)) - 1e-9);
          expect(between).toBeLessThanOrEqual(Math.max(series(k), series(k + 1)) + 1e-9);
        },
      ),
    );
  });
});
