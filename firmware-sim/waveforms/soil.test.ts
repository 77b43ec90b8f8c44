import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { soil } from './soil.ts';

const hourMs = 3_600_000;
const startMs = Date.UTC(2026, 4, 1);
const seeds = fc.stringMatching(/^[a-z]{1,8}$/);

const channel = (seed: string, type: string) =>
  soil(seed, 'soil-02').channels.find((candidate) => candidate.type === type)!.at;
const hourly = (at: (timeMs: number) => number, days: number) =>
  Array.from({ length: days * 24 }, (_, hour) => at(startMs + hour * hourMs));

describe('soil', () => {
  test('is watered early in the morning, some days, and dries slowly in between', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const moisture = hourly(channel(seed, 'soil_moisture'), 60);
        const steps = moisture
          .slice(1)
          .map((value, i) => ({ change: value - moisture[i]!, utcHour: i % 24 }));
        const wettings = steps.filter(({ change }) => change > 1_000);
        expect(wettings.length).toBeGreaterThan(5);
        // 21:00 to 23:00 UTC, and the two hours that it takes to soak in.
        for (const { utcHour } of wettings) expect([20, 21, 22, 23, 0]).toContain(utcHour);
        for (const { change } of steps) expect(change).toBeGreaterThan(-600);
        expect(steps.filter(({ change }) => change < 0).length).toBeGreaterThan(steps.length * 0.7);
      }),
      { numRuns: 15 },
    );
  });

  test('drifts in acidity by hundredths, not by tenths, from hour to hour', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const acidity = hourly(channel(seed, 'soil_pH'), 30);
        for (const [i, value] of acidity.slice(1).entries())
          expect(Math.abs(value - acidity[i]!)).toBeLessThan(50);
        expect(Math.min(...acidity)).toBeGreaterThan(5_500);
        expect(Math.max(...acidity)).toBeLessThan(7_700);
        expect(new Set(acidity).size).toBeGreaterThan(20);
      }),
      { numRuns: 15 },
    );
  });

  test('feels the day less than the air does', () => {
    const day = hourly(channel('a', 'temperature'), 1);
    const swing = Math.max(...day) - Math.min(...day);
    expect(swing).toBeGreaterThan(1_000);
    expect(swing).toBeLessThan(6_000);
  });
});
