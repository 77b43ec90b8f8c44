import { expect, test } from 'vitest';
import { fullJitter } from './full-jitter.ts';

test('waits anything up to a bound that doubles, and stops doubling', () => {
  const longest = [0, 1, 2, 3, 4, 5, 1_000].map((attempt) => fullJitter(attempt, () => 1));
  expect(longest).toEqual([500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000]);
  expect(fullJitter(3, () => 0.25)).toBe(1_000);
});

test('is never 0, which MQTT.js takes for "do not reconnect"', () => {
  expect(fullJitter(5, () => 0)).toBe(1);
});
