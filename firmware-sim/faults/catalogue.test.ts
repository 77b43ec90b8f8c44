import {
  decodeUtf8,
  isInRange,
  type Message as AnyMessage,
  newSecretKey,
  parseMessage,
  type Profile,
  publicKeyOf,
  type UnsignedReadings,
  verifyEd25519,
} from '@tianyuan/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { messageSigner } from '../signing-key.ts';
import { faults } from './catalogue.ts';
import { type FaultName, faultNames, type Occasion } from './fault.ts';
import { deformations } from './malformed.ts';

type Message = AnyMessage & UnsignedReadings;

const secretKey = newSecretKey();
const wallMs = Date.UTC(2026, 7, 1);

const scalar: UnsignedReadings = {
  v: 1,
  device: 'truck-03',
  key: 1,
  boot: 2,
  seq: 7,
  time: wallMs,
  readings: [
    { type: 'temperature', value: 4_250 },
    { type: 'door', value: 1, dt: 20 },
    { type: 'humidity', value: 100_000, sensor: 'front' },
  ],
};
const position: UnsignedReadings = {
  ...scalar,
  batch: 'B-2026-08',
  readings: [{ type: 'gps', value: [357_620_000, 1_094_320_000] }],
};

const occasionIn = (profile: Profile) => {
  const sign = messageSigner(secretKey, profile);
  return fc.record({
    message: fc.constantFrom(scalar, position),
    profile: fc.constant(profile),
    sign: fc.constant(sign),
    random: fc.integer({ min: 0, max: 2 ** 31 }).map((start) => {
      let state = start;
      return () => (state = (state * 48_271 + 11) % 2_147_483_647) / 2_147_483_647;
    }),
    wallMs: fc.constant(wallMs),
    acknowledged: fc.constant([sign({ ...scalar, seq: 5 }), sign({ ...scalar, seq: 6 })]),
    hungReadings: fc.constant((): Message['readings'] => [{ type: 'temperature', value: 1 }]),
  }) satisfies fc.Arbitrary<Occasion>;
};

const occasion = fc.oneof(occasionIn('json'), occasionIn('cose'));

/** What accept decides about one payload, as far as the payload alone tells. */
function judge(payload: Uint8Array): 'MALFORMED' | 'BAD_SIGNATURE' | Message {
  try {
    const { message, signature, signedBytes } = parseMessage(payload);
    return verifyEd25519(publicKeyOf(secretKey), signedBytes, signature)
      ? (message as Message)
      : 'BAD_SIGNATURE';
  } catch {
    return 'MALFORMED';
  }
}

function wellFormed(payload: Uint8Array | undefined): Message {
  const verdict = judge(payload!);
  if (typeof verdict === 'string') throw new Error(`${verdict}: ${decodeUtf8(payload!)}`);
  return verdict;
}

const misbehaves = (name: FaultName, check: (result: ReturnType<typeof wire>, occasion: Occasion) => void) =>
  fc.assert(
    fc.property(occasion, (given) => check(wire(name, given), given)),
    { numRuns: 40 },
  );

function wire(name: FaultName, given: Occasion) {
  const { publications, seq } = faults[name].misbehave(given)!;
  return {
    payloads: publications.map(({ payload }) => payload),
    labels: publications.map(({ fault }) => fault),
    seq,
  };
}

describe('a fault on the wire', () => {
  test('bad-signature is well-formed, and only its signature fails', () => {
    misbehaves('bad-signature', ({ payloads, seq }) => {
      expect(payloads.map(judge)).toEqual(['BAD_SIGNATURE']);
      expect(seq).toBe(scalar.seq);
    });
  });

  test('replay is an acknowledged payload byte for byte, and takes no number', () => {
    misbehaves('replay', ({ payloads, seq }, { acknowledged }) => {
      expect(acknowledged).toContain(payloads[0]);
      expect(seq).toBe(scalar.seq - 1);
    });
    expect(faults.replay.misbehave({ ...fc.sample(occasion, 1)[0]!, acknowledged: [] })).toBeUndefined();
  });

  test('equivocate is the good message and another under its number, both properly signed', () => {
    misbehaves('equivocate', ({ payloads, labels, seq }, { message }) => {
      const [first, second] = payloads.map(wellFormed);
      expect(labels).toEqual([null, 'equivocate']);
      expect(first).toMatchObject(message);
      expect([second!.boot, second!.seq, seq]).toEqual([first!.boot, first!.seq, first!.seq]);
      expect(second!.readings).not.toEqual(first!.readings);
      for (const { type, value } of second!.readings) expect(isInRange(type, value)).toBe(true);
    });
  });

  test('clock-skew is hours ahead of the wall, whatever the simulated clock says', () => {
    misbehaves('clock-skew', ({ payloads }) => {
      const aheadMs = wellFormed(payloads[0]).time - wallMs;
      expect(aheadMs).toBeGreaterThanOrEqual(3_600_000);
      expect(aheadMs).toBeLessThanOrEqual(12 * 3_600_000);
    });
  });

  test('gap leaves one to five numbers out and goes on from there', () => {
    misbehaves('gap', ({ payloads, seq }) => {
      expect(wellFormed(payloads[0]).seq).toBe(seq);
      expect(seq).toBeGreaterThan(scalar.seq);
      expect(seq).toBeLessThanOrEqual(scalar.seq + 5);
    });
  });

  test('stuck carries the readings of the moment in which it hung, at a time that goes on', () => {
    misbehaves('stuck', ({ payloads }, { hungReadings }) => {
      expect(wellFormed(payloads[0])).toMatchObject({ readings: hungReadings(), time: scalar.time });
    });
  });

  test('out-of-range is properly signed, and exactly one reading is impossible', () => {
    misbehaves('out-of-range', ({ payloads }) => {
      const { readings } = wellFormed(payloads[0]);
      expect(readings.filter(({ type, value }) => !isInRange(type, value))).toHaveLength(1);
    });
  });

  describe.each(['json', 'cose'] as const)('malformed as %s', (profile) => {
    test.each(Object.entries(deformations[profile]))('by %s is no message at all', (_, deform) => {
      fc.assert(
        fc.property(occasionIn(profile), (given) => judge(deform(given)) === 'MALFORMED'),
        { numRuns: 40 },
      );
    });
  });

  test('malformed takes the number of the message that it spoils', () => {
    misbehaves('malformed', ({ payloads, seq }) => {
      expect(payloads.map(judge)).toEqual(['MALFORMED']);
      expect(seq).toBe(scalar.seq);
    });
  });

  test('each is in the catalogue under its name, and says what a gateway is to make of it', () => {
    expect(Object.keys(faults)).toEqual([...faultNames]);
    for (const name of faultNames) {
      expect(faults[name].name).toBe(name);
      expect('code' in faults[name]).toBe(faults[name].expected !== 'accepted');
    }
  });
});
