import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeEntry } from '../log/entry.ts';
import { type UnsignedReadings, signMessage } from '../message/message.ts';
import { sha256 } from '../sha256.ts';
import type { LoggedReading } from './excursion.ts';
import { findExcursions } from './find-excursions.ts';
import { type ExcursionClaim, type LoggedPayload, recomputeExcursion } from './recompute-excursion.ts';
import { type ExcursionRule, ruleDigest } from './rule.ts';

const start = Date.UTC(2026, 6, 1);
const now = start + 86_400_000;
const logId = 'a'.repeat(64);

/** Entry by entry: whose it is, and what it measured. Nobody's signature is looked at here. */
type Made = { device: string; values: number[]; minutes: number };

function payloads(made: readonly Made[]): LoggedPayload[] {
  let minutes = 0;
  return made.map((one, index) => {
    minutes += one.minutes;
    const message: UnsignedReadings = {
      v: 1,
      device: one.device,
      key: 1,
      boot: 1,
      seq: index + 1,
      time: start + minutes * 60_000,
      readings: one.values.map((value, i) => ({ type: 'temperature', value, dt: i * 20_000 })),
    };
    const payload = signMessage(message, () => new Uint8Array(64));
    const entry = encodeEntry({
      kind: 'message',
      clock: 'synchronised',
      receivedAt: message.time + 1000,
      boot: 1,
      sinceBootMs: index,
      payloadHash: sha256(payload),
    });
    return { logId, index, entry, payload };
  });
}

function readingsOf(made: readonly Made[], device: string): LoggedReading[] {
  let minutes = 0;
  return made.flatMap((one, index) => {
    minutes += one.minutes;
    if (one.device !== device) return [];
    return one.values.map((value, i) => ({
      time: start + minutes * 60_000 - i * 20_000,
      value,
      logId,
      index,
    }));
  });
}

const logs = fc.array(
  fc.record({
    device: fc.constantFrom('truck', 'room'),
    values: fc.array(fc.integer({ min: 0, max: 12_000 }), { minLength: 1, maxLength: 3 }),
    minutes: fc.integer({ min: 1, max: 12 }),
  }),
  { minLength: 1, maxLength: 60 },
);

const rules: fc.Arbitrary<ExcursionRule> = fc.oneof(
  fc.record({
    kind: fc.constantFrom('above' as const, 'below' as const),
    id: fc.constant('threshold'),
    type: fc.constant('temperature' as const),
    limit: fc.integer({ min: 0, max: 12_000 }),
    forMs: fc.constantFrom(0, 60_000, 600_000),
    maxGapMs: fc.constantFrom(300_000, 900_000),
    deltaH: fc.constant(83_144),
  }),
  fc.record({
    kind: fc.constant('mkt' as const),
    id: fc.constant('window'),
    type: fc.constant('temperature' as const),
    limit: fc.integer({ min: 0, max: 12_000 }),
    overMs: fc.constantFrom(3_600_000, 7_200_000),
    maxGapMs: fc.constant(900_000),
    deltaH: fc.constant(83_144),
  }),
);

const stretches = fc.constantFrom(
  { from: start, until: null },
  { from: start + 1_800_000, until: start + 10_800_000 },
);

describe('an inspector who has the payloads of the leaf ranges', () => {
  test('finds every excursion again, at every threshold', () => {
    fc.assert(
      fc.property(logs, rules, stretches, (made, rule, stretch) => {
        const all = payloads(made);
        for (const claim of claims(made, rule, stretch)) {
          expect(recomputeExcursion(claim, inRanges(claim, all), now)).toEqual({ same: true });
          // and so does whoever has the whole log, with what is in it twice
          const twice = [...all, ...all.map((one) => ({ ...one, index: one.index + all.length }))];
          expect(recomputeExcursion(claim, twice, now)).toEqual({ same: true });
        }
      }),
    );
  });

  const made = [4000, 9000, 9500, 9000, 4000].map((value) => ({
    device: 'truck',
    values: [value],
    minutes: 5,
  }));
  const rule = {
    kind: 'above',
    id: 'warm',
    type: 'temperature',
    limit: 8000,
    forMs: 600_000,
    maxGapMs: 900_000,
  } as const;
  const [claim] = claims(made, rule, { from: start, until: null }) as [ExcursionClaim];

  test.each<[string, Partial<ExcursionClaim>]>([
    ['a later begin', { from: claim.from + 1 }],
    ['an earlier end', { until: claim.until! - 1 }],
    ['another extreme', { extreme: 9400 }],
    ['fewer readings', { readings: 2 }],
    ['another kind of end', { ended: 'gap' }],
  ])('sees %s', (_, change) => {
    expect(recomputeExcursion({ ...claim, ...change }, payloads(made), now)).toMatchObject({
      same: false,
      found: [{ from: claim.from }],
    });
  });

  test('sees that the rule is another', () => {
    const lax = { ...claim, rule: { ...rule, limit: 9_200 } };
    expect(recomputeExcursion(lax, payloads(made), now)).toMatchObject({
      same: false,
      reason: 'the rule is not the one that the digest names',
    });
  });

  test('sees that a payload is kept back', () => {
    expect(recomputeExcursion(claim, payloads(made).toSpliced(2, 1), now)).toMatchObject({
      same: false,
      reason: expect.stringContaining('not there'),
    });
  });
});

function claims(
  made: readonly Made[],
  rule: ExcursionRule,
  stretch: ExcursionClaim['stretch'],
): ExcursionClaim[] {
  const whole = { named: null, spans: [stretch], stretch };
  const common = { device: 'truck', sensor: '', rule, ruleDigest: ruleDigest(rule), ...whole };
  return findExcursions(readingsOf(made, 'truck'), rule, stretch).map((one) => ({ ...one, ...common }));
}

function inRanges(claim: ExcursionClaim, all: readonly LoggedPayload[]): LoggedPayload[] {
  return all.filter(({ index }) => claim.leaves.some(({ first, last }) => index >= first && index <= last));
}
