import { expect, test } from 'vitest';
import { openGoal } from './goal.ts';

const good = { fault: null };
const bad = { fault: 'gap' } as const;

test('a goal counts good messages only, those of an earlier run too, and asks for no more than it needs', () => {
  const goal = openGoal(3, 1);
  goal.stored(bad);
  goal.stored(good);
  expect(goal.wantsMore()).toBe(true);
  goal.stored(good);
  expect(goal.wantsMore()).toBe(false);

  goal.acknowledged(good);
  goal.acknowledged(bad);
  expect([goal.wantsMore(), goal.reached()]).toEqual([false, false]);
  goal.overwritten(good);
  expect(goal.wantsMore()).toBe(true);
  goal.stored(good);
  goal.acknowledged(good);
  goal.acknowledged(good);
  expect(goal.reached()).toBe(true);
});

test('without a number there is no end', () => {
  const goal = openGoal(undefined, 0);
  goal.stored(good);
  goal.acknowledged(good);
  expect([goal.wantsMore(), goal.reached()]).toEqual([true, false]);
});
