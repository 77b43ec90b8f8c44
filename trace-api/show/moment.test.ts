import { expect, test } from 'vitest';
import { parseMoment } from './moment.ts';

test.each([
  ['0', 0],
  ['1790000000000', 1_790_000_000_000],
  ['2026-11-02T08:00:00+08:00', Date.UTC(2026, 10, 2)],
  ['2026-11-02T00:00:00.250Z', Date.UTC(2026, 10, 2) + 250],
  ['2026-11-02', Date.UTC(2026, 10, 2, 16) - 1],
])('%s is a moment', (text, time) => {
  expect(parseMoment(text)).toBe(time);
});

test.each(['', 'yesterday', '-5', '1e3', '2026-13-02', '2026-11-02T08:00:00', '1969-01-01', '9'.repeat(16)])(
  '%s is none',
  (text) => {
    expect(parseMoment(text)).toBeUndefined();
  },
);
