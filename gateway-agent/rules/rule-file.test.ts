import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { isRefusal, parseRuleFile } from './rule-file.ts';
import { type DeviceRules, type RuleSet, builtInRules, rulesOf } from './rule-set.ts';

function ruleSet(text: string): RuleSet {
  const parsed = parseRuleFile(text);
  if (isRefusal(parsed)) throw new Error(JSON.stringify(parsed.faults));
  return parsed;
}

const rulesFor = (device: string, text: string): DeviceRules => rulesOf(ruleSet(text), device);

function faults(text: string) {
  const parsed = parseRuleFile(text);
  return isRefusal(parsed) ? parsed.faults : 'taken';
}

describe('a rule file', () => {
  test('that says nothing leaves the built-in rules', () => {
    expect(rulesFor('any', 'version: 1\n')).toEqual(builtInRules);
  });

  test('is written in the units of people, and kept in those of the wire', () => {
    const rules = rulesFor(
      'any',
      `
version: 1
maxAheadMinutes: 1
maxAgeMinutes: 2880
expectedIntervalSeconds: 90
quantities:
  temperature: { range: [-30, 45.5], maxChangePerMinute: 2.5, stuckAfterMinutes: 60 }
  door: { maxChangePerMinute: off }
  gps: { maxSpeedKmh: 120 }
`,
    );
    expect(rules).toMatchObject({ maxAheadMs: 60_000, maxAgeMs: 172_800_000, expectedIntervalMs: 90_000 });
    expect(rules.quantities.temperature).toEqual({
      range: [-30_000, 45_500],
      maxChangePerMinute: 2_500,
      stuckAfterMs: 3_600_000,
    });
    expect(rules.quantities.door).toEqual({ ...builtInRules.quantities.door, maxChangePerMinute: Infinity });
    // 2 km a minute are 0.018 of 111.2 km
    expect(rules.quantities.gps.maxChangePerMinute).toBeCloseTo(179_865, 0);
  });

  test('a device has what its own name says, before its pattern, before what is for all', () => {
    const text = `
version: 1
expectedIntervalSeconds: 1
quantities: { humidity: { range: [1, 99] }, co2: { range: [1, 2] } }
devices:
  truck-03: { quantities: { humidity: { range: [4, 99] } } }
  '*': { expectedIntervalSeconds: 2, quantities: { humidity: { range: [2, 99] } } }
  truck-*: { expectedIntervalSeconds: 3, quantities: { humidity: { range: [3, 99], stuckAfterMinutes: off } } }
`;
    const of = (device: string) => {
      const { expectedIntervalMs, quantities } = rulesFor(device, text);
      return [expectedIntervalMs, quantities.humidity.range[0], quantities.co2.range[1]];
    };
    expect(of('truck-03')).toEqual([3_000, 4_000, 2]);
    expect(of('truck-04')).toEqual([3_000, 3_000, 2]);
    expect(of('probe')).toEqual([2_000, 2_000, 2]);
    expect(rulesFor('truck-03', text).quantities.humidity.stuckAfterMs).toBe(Infinity);
  });

  test('has the digest of its text', () => {
    const text = 'version: 1\n# 田源\n';
    expect(ruleSet(text).digest).toBe(createHash('sha256').update(text).digest('hex'));
  });

  test.each([
    ['version: 2\n', 1, /version: 1 is the only one/],
    ['quantities: {}\n', 1, /version/],
    ['version: 1\nquantities:\n  temperature:\n    range: [5]\n', 4, /quantities\.temperature\.range/],
    ['version: 1\nquantities:\n  temperature:\n    range: [5, 2]\n', 4, /quantities\.temperature\.range/],
    ['version: 1\n\nquantities:\n  temprature: { range: [1, 2] }\n', 4, /temprature/],
    ['version: 1\ndevices:\n  truck-1:\n    expectedIntervalSeconds: soon\n', 4, /positive number, or off/],
    ['version: 1\ndevices:\n  Truck 1: {}\n', 3, /device id/],
    ['version: 1\nmaxAgeMinutes: -4\n', 2, /maxAgeMinutes/],
    ['version: 1\nquantities: [\n', 3, /flow sequence|Flow/i],
    ['version: 1\nversion: 1\n', 2, /unique/],
    ['', 1, /the file/],
    ['a: &a [*a]\n', 1, /version|alias/i],
  ])('%j is refused in line %i', (text, line, reason) => {
    const found = faults(text);
    expect(found).toContainEqual({ line, reason: expect.stringMatching(reason) });
  });

  test('every fault is named, up to a bound', () => {
    expect(faults('version: 1\nmaxAgeMinutes: x\nmaxAheadMinutes: y\n')).toHaveLength(2);
    const many = Array.from({ length: 50 }, (_, i) => `  d${i}: { nonsense: 1 }`).join('\n');
    expect(faults(`version: 1\ndevices:\n${many}\n`)).toHaveLength(20);
  });
});
