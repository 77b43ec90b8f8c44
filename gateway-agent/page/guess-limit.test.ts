import { expect, test } from 'vitest';
import { newGuessLimit } from './guess-limit.ts';

const wrong = () => Promise.resolve(false);
const right = () => Promise.resolve(true);

test('after some wrong guesses the next ones wait, twice as long each, and a right one ends it', async () => {
  let at = 0;
  const limit = newGuessLimit(() => at);
  for (let i = 0; i < 3; i++) expect(await limit.judge(wrong)).toBe(false);
  const waits: number[] = [];
  for (let i = 0; i < 10; i++) {
    expect(await limit.judge(wrong)).toBe(false);
    waits.push(limit.waitMs());
    expect(await limit.judge(right)).toBeUndefined();
    at += limit.waitMs();
  }
  expect(waits).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000, 30_000, 30_000]);
  expect(await limit.judge(right)).toBe(true);
  expect(await limit.judge(wrong)).toBe(false);
  expect(limit.waitMs()).toBe(0);
});

test('judges one guess at a time: a thousand at once are one', async () => {
  const limit = newGuessLimit(() => 0);
  const verdicts = await Promise.all(Array.from({ length: 1000 }, () => limit.judge(wrong)));
  expect(verdicts.filter((verdict) => verdict !== undefined)).toHaveLength(1);
});
