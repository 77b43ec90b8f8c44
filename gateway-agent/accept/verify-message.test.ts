import { encodeBase64url, maxMessageBytes, verifyEd25519 } from '@tianyuan/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sampleBodies, sampleRotation } from '@tianyuan/protocol/vectors/sample-bodies.ts';
import { keyringOf, newTestDevice, signedBody, signedMessage } from '../test-device.ts';
import { keyName, verifyMessage } from './verify-message.ts';

const device = newTestDevice('orchard-1');
const keyring = keyringOf(device);
const now = 1_800_000_000_000;
const judge = (payload: Uint8Array, identity = device.id, keys = keyring) =>
  verifyMessage(payload, identity, keys, verifyEd25519);

const good = signedMessage(device, { seq: 7, boot: 3, time: now });
const withSignature = (payload: Buffer, signature: Uint8Array) =>
  Buffer.from(payload.toString().replace(/"sig":"[^"]*"/, `"sig":"${encodeBase64url(signature)}"`));
const badlySigned = withSignature(good, new Uint8Array(64));

describe('verifyMessage', () => {
  test('names the key, boot and seq of a message that its device signed', () => {
    expect(judge(good)).toMatchObject({ code: 'VERIFIED', keyId: 1, boot: 3, seq: 7, time: now });
  });

  test('decides by size before anything is parsed', () => {
    expect(judge(Buffer.alloc(maxMessageBytes, 'x'))).toMatchObject({ code: 'MALFORMED' });
    expect(judge(Buffer.alloc(maxMessageBytes + 1, 'x'), 'somebody')).toMatchObject({ code: 'TOO_LARGE' });
  });

  // Each payload has every fault from its own row down.
  const stranger = newTestDevice('stranger');
  const revoked = new Map([[keyName(device.id, 1), { ...keyring.get('orchard-1/1')!, revoked: true }]]);
  test.each([
    ['IDENTITY_MISMATCH', withSignature(signedMessage(stranger, { seq: 1 }), new Uint8Array(64)), keyring],
    ['UNKNOWN_DEVICE', badlySigned, new Map()],
    ['REVOKED_KEY', badlySigned, revoked],
    ['BAD_SIGNATURE', badlySigned, keyring],
  ] as const)('%s comes before what stands below it', (code, payload, keys) => {
    expect(judge(payload, device.id, keys)).toMatchObject({ code });
  });

  test('a key that is not this number of this device is unknown', () => {
    expect(judge(signedMessage(device, { seq: 1, key: 2 }))).toMatchObject({
      code: 'UNKNOWN_DEVICE',
      detail: 'no key 2 of orchard-1 is enrolled',
    });
  });

  test('another device’s signature is a bad one', () => {
    const forged = signedMessage({ ...stranger, id: device.id }, { seq: 7 });
    expect(judge(forged)).toMatchObject({ code: 'BAD_SIGNATURE' });
  });

  test.each(Object.entries(sampleBodies))('a message may carry %s', (_, body) => {
    expect(judge(signedBody(device, { seq: 1, ...body }))).toMatchObject({ code: 'VERIFIED' });
  });

  test('a rotation is believed only with the new key’s own signature', () => {
    const rotation = { ...sampleRotation, lastSeq: sampleRotation.lastSeq + 1 };
    expect(judge(signedBody(device, { seq: 1, rotation }))).toEqual({
      code: 'BAD_SIGNATURE',
      detail: 'the new key of th-0007 did not sign its rotation',
    });
  });

  test('a bit that flips anywhere is never verified', () => {
    fc.assert(
      fc.property(fc.nat({ max: good.length * 8 - 1 }), (bit) => {
        const flipped = Buffer.from(good);
        flipped[bit >> 3]! ^= 1 << (bit & 7);
        expect(judge(flipped).code).not.toBe('VERIFIED');
      }),
      { numRuns: 100 },
    );
  });

  test('is a verdict on any bytes and any JSON, never a throw: a throw would kill the thread of many devices', () => {
    const anything = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.json({ maxDepth: 8 }).map((text) => Buffer.from(text)),
      fc.nat({ max: 16_000 }).map((depth) => Buffer.from('['.repeat(depth / 2) + ']'.repeat(depth / 2))),
      fc.record({ at: fc.nat({ max: good.length }), insert: fc.string() }).map(({ at, insert }) => {
        const text = good.toString();
        return Buffer.from(text.slice(0, at) + insert + text.slice(at));
      }),
      fc
        .tuple(fc.constantFrom(...Object.keys(JSON.parse(good.toString()) as object)), fc.jsonValue())
        .map(([member, value]) =>
          Buffer.from(JSON.stringify({ ...(JSON.parse(good.toString()) as object), [member]: value })),
        ),
    );
    fc.assert(
      fc.property(anything, (payload) => {
        expect(judge(payload).code).toBeTypeOf('string');
      }),
      { numRuns: 400 },
    );
  });

  test('hands on the readings for the rules', () => {
    const verdict = judge(signedMessage(device, { seq: 1, time: now, value: 900_000 }));
    expect(verdict).toMatchObject({
      readings: { numbers: Float64Array.of(1, 900_000, 0, 0, -1), sensors: [] },
    });
  });
});
