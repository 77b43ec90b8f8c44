import { expect, test } from 'vitest';
import { type CapacityLevel, capacityLevels, isAtLeast, levelAt } from './level.ts';
import { fractionOf } from './measure-usage.ts';

test('levels begin at 70, 85 and 95 percent, and end two below', () => {
  const at = (before: CapacityLevel) =>
    [0.679, 0.681, 0.7, 0.831, 0.85, 0.931, 0.95, 1.2].map((f) => levelAt(f, before));
  expect(at('normal')).toEqual(['normal', 'normal', 'filling', 'filling', 'high', 'high', 'full', 'full']);
  expect(at('filling')).toEqual(['normal', 'filling', 'filling', 'filling', 'high', 'high', 'full', 'full']);
  expect(at('full')).toEqual(['normal', 'filling', 'filling', 'high', 'high', 'full', 'full', 'full']);
});

test('levels are in order', () => {
  expect(capacityLevels.map((level) => isAtLeast(level, 'high'))).toEqual([false, false, true, true]);
});

test('the fuller of budget and disk counts; what is free inside the file is free', () => {
  const usage = { usedBytes: 60, budgetBytes: 100, diskBytes: 1000, freeBytes: 500 };
  expect(fractionOf(usage)).toBe(0.6);
  expect(fractionOf({ ...usage, freeBytes: 100 })).toBe(0.9);
  expect(fractionOf({ ...usage, budgetBytes: undefined })).toBe(0.5);
  const gibibyte = 1024 ** 3;
  const large = { usedBytes: 0, budgetBytes: undefined, diskBytes: 2048 * gibibyte };
  expect(fractionOf({ ...large, freeBytes: 80 * gibibyte })).toBe(0);
  expect(fractionOf({ ...large, freeBytes: 16 * gibibyte })).toBe(0.75);
});
