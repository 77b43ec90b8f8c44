import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Alarm, type Observation, alarmSteps, stepAlarm } from './alarm-machine.ts';

const timing = { raiseAfterMs: 5, clearAfterMs: 3 };
const observations = fc.array(
  fc.record({
    waitMs: fc.integer({ min: 0, max: 4 }),
    saw: fc.constantFrom<Observation>('bad', 'unclear', 'good'),
  }),
  { maxLength: 60 },
);

/** As somebody would judge who has the whole history: how long has nothing else been seen? */
function naive(history: readonly { at: number; saw: Observation }[], raisedBefore: boolean): boolean {
  const wanted = raisedBefore ? 'good' : 'bad';
  const last = history.at(-1)!;
  if (last.saw !== wanted) return raisedBefore;
  const other = history.findLastIndex(({ saw }) => saw !== wanted);
  const runMs = last.at - history[other + 1]!.at;
  return raisedBefore ? runMs < timing.clearAfterMs : runMs >= timing.raiseAfterMs;
}

test('an alarm is raised after so long of bad alone, and cleared after so long of good alone', () => {
  fc.assert(
    fc.property(observations, (seen) => {
      let alarm: Alarm = { state: 'quiet', since: 0 };
      let raised = false;
      let at = 0;
      /** since the last raise or clear: a run does not count twice */
      let history: { at: number; saw: Observation }[] = [];
      for (const { waitMs, saw } of seen) {
        at += waitMs;
        history.push({ at, saw });
        const step = stepAlarm(alarm, saw, at, timing);
        alarm = step.alarm;
        const expected = naive(history, raised);
        expect(step.effect).toBe(expected === raised ? undefined : expected ? 'raised' : 'cleared');
        if (expected !== raised) history = [];
        raised = expected;
        expect(alarm.state === 'raised' || alarm.state === 'clearing').toBe(raised);
      }
    }),
  );
});

test('raises at once where no time is asked for', () => {
  expect(stepAlarm({ state: 'quiet', since: 0 }, 'bad', 7, { raiseAfterMs: 0, clearAfterMs: 0 })).toEqual({
    alarm: { state: 'raised', since: 7 },
    effect: 'raised',
  });
});

test('a clock that goes back raises nothing early', () => {
  const pending = stepAlarm({ state: 'quiet', since: 0 }, 'bad', 1000, timing).alarm;
  const back = stepAlarm(pending, 'bad', 10, timing);
  expect(back).toEqual({ alarm: { state: 'pending', since: 10 }, effect: undefined });
  expect(stepAlarm(back.alarm, 'bad', 15, timing).effect).toBe('raised');
});

test('the table raises and clears in one place each', () => {
  const effects = Object.values(alarmSteps).flatMap((row) => Object.values(row).map(({ effect }) => effect));
  expect(effects.filter((effect) => effect === 'raised')).toHaveLength(1);
  expect(effects.filter((effect) => effect === 'cleared')).toHaveLength(1);
});
