import { describe, expect, onTestFinished, test } from 'vitest';
import { newTestStore } from '../test-store.ts';
import { openJudge } from './judge.ts';
import { packReadings, unpackReadings } from './packed-readings.ts';
import { isRefusal, parseRuleFile } from './rule-file.ts';
import { type RuleSet, builtInRuleSet } from './rule-set.ts';

const start = Date.UTC(2026, 10, 24);
const receipt = { receivedAt: start, clock: 'synchronised' } as const;
const message = (seq: number, value: number, keyId = 1) => ({
  keyId,
  boot: seq,
  seq: 1,
  time: start + seq * 60_000 - 3_600_000,
  readings: packReadings([{ type: 'temperature', value }]),
});

function openTestStore() {
  const { store, remove } = newTestStore();
  onTestFinished(remove);
  return store;
}

describe('the judge', () => {
  test('remembers devices apart, over restarts and over their keys', () => {
    const store = openTestStore();
    const judge = openJudge(store, () => builtInRuleSet);
    expect(judge.judge('a', message(1, 4_000), receipt)).toEqual([]);
    judge.save();
    const again = openJudge(store, () => builtInRuleSet);
    expect(again.judge('b', message(2, 40_000), receipt)).toEqual([]);
    expect(again.judge('a', message(2, 40_000, 2), receipt)).toEqual(['FAST_CHANGE']);
  });

  test('forgets what was not committed', () => {
    const store = openTestStore();
    const judge = openJudge(store, () => builtInRuleSet);
    judge.judge('a', message(1, 4_000), receipt);
    judge.save();
    judge.judge('a', message(2, 9_000), receipt);
    judge.restore();
    judge.save();
    expect(judge.judge('a', message(2, 14_001), receipt)).toEqual(['FAST_CHANGE']);
  });

  test('judges by the rules as they are now', () => {
    const store = openTestStore();
    let rules: RuleSet = builtInRuleSet;
    const judge = openJudge(store, () => rules);
    expect(judge.judge('a', message(1, 4_000), receipt)).toEqual([]);
    const stricter = parseRuleFile('version: 1\nquantities: { temperature: { range: [0, 4] } }\n');
    if (isRefusal(stricter)) throw new Error('the rules of this test are wrong');
    rules = stricter;
    expect(judge.judge('a', message(2, 4_001), receipt)).toEqual(['OUT_OF_RANGE']);
  });
});

test('packed readings are what they were', () => {
  const readings = [
    { type: 'temperature', value: -5, dt: 7, sensor: 'roof' },
    { type: 'humidity', value: 1, sensor: 'roof' },
    { type: 'door', value: 1 },
  ] as const;
  const absent = { second: 0, dt: 0, sensor: '' };
  expect(unpackReadings(packReadings(readings))).toEqual(
    readings.map((reading) => ({ ...absent, ...reading })),
  );
  expect(unpackReadings(packReadings([{ type: 'gps', value: [1, -2] }]))).toEqual([
    { ...absent, type: 'gps', value: 1, second: -2 },
  ]);
});
