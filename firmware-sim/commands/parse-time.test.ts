import { expect, test } from 'vitest';
import { parseTime } from './parse-time.ts';

test.each([
  ['1785542400000', 1_785_542_400_000],
  ['2026-08-01T08:00:00+08:00', Date.UTC(2026, 7, 1)],
  ['-90m', -90 * 60_000],
  ['-24h', -86_400_000],
  ['-7d', -7 * 86_400_000],
  ['yesterday', undefined],
  ['-24', undefined],
])('%s is a time', (text, expected) => {
  expect(parseTime(text, 0)).toBe(expected);
});
