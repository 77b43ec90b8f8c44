import fc from 'fast-check';
import { expect, test } from 'vitest';
import { deviceClock } from './device-clock.ts';

const wallStartMs = Date.UTC(2026, 7, 1);

test('tells a day in half a minute and then goes along with the wall', () => {
  const clock = deviceClock({ startMs: wallStartMs - 86_400_000, wallStartMs, speed: 2_880 });
  expect(clock(wallStartMs)).toBe(wallStartMs - 86_400_000);
  expect(clock(wallStartMs + 15_000)).toBe(wallStartMs - 43_200_000);
  expect(clock(wallStartMs + 31_000)).toBe(wallStartMs + 31_000);
});

test('never goes back and never into the future', () => {
  const settings = fc.record({
    startMs: fc.integer({ min: wallStartMs - 1e9, max: wallStartMs + 1e6 }),
    speed: fc.double({ min: 0.01, max: 1e5, noNaN: true }),
  });
  fc.assert(
    fc.property(settings, fc.nat(1e8), fc.nat(1e8), (setting, sooner, later) => {
      const clock = deviceClock({ ...setting, wallStartMs });
      const first = clock(wallStartMs + sooner);
      expect(first).toSatisfy(Number.isSafeInteger);
      expect(first).toBeLessThanOrEqual(wallStartMs + sooner);
      expect(clock(wallStartMs + sooner + later)).toBeGreaterThanOrEqual(first);
    }),
  );
});
