import fc from 'fast-check';
import { expect, test } from 'vitest';
import { coldChainRuleSchema } from './alarm-rules.ts';
import { type ColdChainMemory, mktOf, observeTemperature, ruleApplies, takeReading } from './cold-chain.ts';
import { addSums, kineticSum, meanKineticTemperature } from './mean-kinetic-temperature.ts';

const hour = 3_600_000;
const rule = coldChainRuleSchema.parse({
  name: 'room',
  maxMilliC: 8000,
  minMilliC: 2000,
  mktMaxMilliC: 8000,
});

test('limits themselves are inside; clearing asks for more', () => {
  expect([1999, 2000, 2499, 2500, 7500, 7501, 8000, 8001].map((at) => observeTemperature(rule, at))).toEqual([
    'bad',
    'unclear',
    'unclear',
    'good',
    'good',
    'unclear',
    'unclear',
    'bad',
  ]);
});

test('limits closer than the hysteresis can still be kept', () => {
  const narrow = coldChainRuleSchema.parse({ name: 'ice', maxMilliC: 100, minMilliC: -100 });
  expect(observeTemperature(narrow, 0)).toBe('good');
});

test('a rule is for the devices and the sensor that it names, or for all', () => {
  const reading = { device: 'truck', sensor: 'air' };
  expect(ruleApplies(rule, reading)).toBe(true);
  expect(ruleApplies({ ...rule, devices: ['room'] }, reading)).toBe(false);
  expect(ruleApplies({ ...rule, devices: ['truck'], sensor: 'air' }, reading)).toBe(true);
  expect(ruleApplies({ ...rule, sensor: '' }, reading)).toBe(false);
});

test.each([{ name: 'x' }, { name: 'x', maxMilliC: 1, minMilliC: 2 }, { name: 'X y', maxMilliC: 1 }])(
  'the rule %j is refused',
  (bad) => expect(coldChainRuleSchema.safeParse(bad).success).toBe(false),
);

const steps = fc.array(
  fc.record({
    afterMs: fc.integer({ min: -60_000, max: 40 * 60_000 }),
    milliC: fc.integer({ min: -20_000, max: 30_000 }),
  }),
  { minLength: 1, maxLength: 200 },
);

test("the window's mean is that of all readings that it still holds, and late ones change nothing", () => {
  fc.assert(
    fc.property(steps, (seen) => {
      let memory: ColdChainMemory | undefined;
      const taken: { time: number; milliC: number }[] = [];
      let clock = 1_800_000_000_000;
      for (const { afterMs, milliC } of seen) {
        clock += afterMs;
        const next = takeReading(memory, { time: clock, milliC }, rule);
        const isLate = taken.length > 0 && clock <= taken.at(-1)!.time;
        expect(next === undefined).toBe(isLate);
        if (next === undefined) continue;
        memory = next;
        taken.push({ time: clock, milliC });
      }
      const oldest = (Math.floor(taken.at(-1)!.time / hour) - 24) * hour;
      const naive = addSums(
        taken
          .slice(0, -1)
          .map((one, i) => ({ ...one, untilNext: Math.min(taken[i + 1]!.time - one.time, 15 * 60_000) }))
          .filter(({ time }) => time >= oldest)
          .map(({ milliC, untilNext }) => kineticSum(milliC, untilNext)),
      );
      const mkt = mktOf(memory!, rule);
      if (naive.durationMs < 12 * hour) expect(mkt).toBeUndefined();
      else expect(Math.abs(mkt! - meanKineticTemperature(naive)!)).toBeLessThanOrEqual(1);
      expect(memory!.parts.length).toBeLessThanOrEqual(25);
    }),
  );
});
