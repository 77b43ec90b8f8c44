import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { orchard } from './orchard.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** A midnight by the sun over Luochuan, UTC+7:18. */
const midnight = (day: number) => day * dayMs - 7.3 * hourMs;
const days = fc.integer({ min: 20_000, max: 22_000 });
const seeds = fc.stringMatching(/^[a-z]{1,8}$/);

function mean(type: string, seed: string, day: number, fromHour: number, toHour: number, over = 1): number {
  const { at } = orchard(seed, 'orchard-01').channels.find((channel) => channel.type === type)!;
  const times = Array.from({ length: over }, (_, d) =>
    [0, 1, 2, 3].map((i) => midnight(day + d) + (fromHour + ((toHour - fromHour) * i) / 3) * hourMs),
  ).flat();
  return times.reduce((sum, timeMs) => sum + at(timeMs), 0) / times.length;
}

const property = (check: (seed: string, day: number) => void) =>
  fc.assert(fc.property(seeds, days, check), { numRuns: 25 });

describe('an orchard', () => {
  test('is hotter by day than by night', () => {
    property((seed, day) => {
      const difference = mean('temperature', seed, day, 13, 16, 5) - mean('temperature', seed, day, 2, 5, 5);
      expect(difference).toBeGreaterThan(3_000);
      expect(difference).toBeLessThan(16_000);
    });
  });

  test('is hotter in July than in January', () => {
    const [january, july] = [20_470, 20_650]; // 2026-01-17 and 2026-07-16
    expect(mean('temperature', 'a', july, 0, 24, 5)).toBeGreaterThan(
      mean('temperature', 'a', january, 0, 24, 5) + 15_000,
    );
  });

  test('is drier in the afternoon than before dawn, as the same water fills warm air less', () => {
    property((seed, day) => {
      expect(mean('humidity', seed, day, 13, 16, 5)).toBeLessThan(
        mean('humidity', seed, day, 2, 5, 5) - 5_000,
      );
    });
  });

  test('is dark at night and bright at noon', () => {
    property((seed, day) => {
      expect(mean('illuminance', seed, day, 22, 26)).toBeLessThan(5);
      expect(mean('illuminance', seed, day, 11, 13)).toBeGreaterThan(2_000);
    });
  });

  test('has more carbon dioxide at night', () => {
    property((seed, day) => {
      expect(mean('co2', seed, day, 2, 5, 5)).toBeGreaterThan(mean('co2', seed, day, 13, 16, 5) + 10);
    });
  });
});
