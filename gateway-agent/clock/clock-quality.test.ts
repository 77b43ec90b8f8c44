import { describe, expect, test } from 'vitest';
import { jumpBetween } from './clock-jump.ts';
import { type ClockQuality, assessClock, freshMs, unknownQuality } from './clock-quality.ts';

const hour = 3_600_000;
const day = 24 * hour;
const assess = (before: ClockQuality, reading: Parameters<typeof assessClock>[1], atMs: number) =>
  assessClock(before, reading, atMs, day);

describe('the quality of the clock', () => {
  test('is unknown until the system vouches for it', () => {
    expect(assess(unknownQuality, undefined, 5)).toEqual(unknownQuality);
    expect(assess(unknownQuality, { synchronised: false }, 5).state).toBe('unknown');
    expect(assess(unknownQuality, { synchronised: true }, 5)).toEqual({ state: 'synchronised', rightAt: 5 });
  });

  test('is holdover once nobody answers, for as long as that counts, then unknown', () => {
    const right = assess(unknownQuality, { synchronised: true, ageMs: 0 }, hour);
    for (const reading of [undefined, { synchronised: false }]) {
      expect(assess(right, reading, hour + 1).state).toBe('holdover');
      expect(assess(right, reading, hour + day).state).toBe('holdover');
      expect(assess(right, reading, hour + day + 1)).toEqual(unknownQuality);
    }
  });

  test('a server that was last heard long ago is holdover, counted from then', () => {
    const at = (ageMs: number) => assess(unknownQuality, { synchronised: true, ageMs }, 0).state;
    expect([freshMs, freshMs + 1, day, day + 1].map(at)).toEqual([
      'synchronised',
      'holdover',
      'holdover',
      'unknown',
    ]);
  });

  test('comes back with the next answer', () => {
    const lost = assess({ state: 'holdover', rightAt: 0 }, undefined, 2 * day);
    expect(assess(lost, { synchronised: true, ageMs: 1 }, 2 * day)).toEqual({
      state: 'synchronised',
      rightAt: 2 * day - 1,
    });
  });
});

test('a jump is what the wall clock moved beyond the monotonic one, from a second on', () => {
  const moved = (wallMs: number) =>
    jumpBetween({ wallMs: 1_000_000, monotonicMs: 0 }, { wallMs, monotonicMs: 1_000 });
  expect([1_001_000, 1_001_999, 1_002_000, 1_000_000, 1].map(moved)).toEqual([
    0, 0, 1_000, -1_000, -1_000_999,
  ]);
});
