import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalize } from '../canonical-json.ts';
import { publicKeyOf, signEd25519, verifyEd25519 } from '../ed25519.ts';
import { encodeBase64url } from '../encoding/base64.ts';
import { decodeUtf8, utf8ToBytes } from '../encoding/bytes.ts';
import { smallOrderPoints } from '../vectors/eddsa-edge-cases.ts';
import {
  sampleBinding,
  sampleBodies,
  sampleEvent,
  sampleReport,
  sampleRotation,
} from '../vectors/sample-bodies.ts';
import { bodyNames, bodyOf } from './body.ts';
import { type UnsignedMessage, parseMessage, signMessage, signingInput } from './message.ts';
import { isRotationProven, proveRotation, rotationProofInput } from './rotation.ts';

const secretKey = new Uint8Array(32).fill(5);
const sign = (input: Uint8Array) => signEd25519(secretKey, input);
const sig = 'A'.repeat(86);
const envelope = { v: 1, device: 'li-wei', key: 2, boot: 1, seq: 9, time: 1_790_000_000_000 } as const;
const refusal = expect.objectContaining({ name: 'ProtocolError', code: 'MESSAGE' });

const textOf = (body: object, change: object = {}) => canonicalize({ ...envelope, sig, ...body, ...change });
const parseText = (text: string) => parseMessage(utf8ToBytes(text));
const parse = (body: object, change: object = {}) => parseText(textOf(body, change));
const withoutMinusZero = (value: unknown) => JSON.parse(JSON.stringify(value)) as unknown;

const ids = fc.stringMatching(/^[a-z0-9._-]{1,64}$/).filter((id) => id !== '.' && id !== '..');
const names = fc.string({ unit: 'binary', minLength: 1, maxLength: 20 });
const hashes = fc.stringMatching(/^[0-9a-f]{64}$/);
const thing = (...kinds: string[]) => fc.record({ kind: fc.constantFrom(...kinds), id: names });
const counts = fc.integer({ min: 1, max: 2 ** 53 - 1 });

/** JSON as an event may hold it: integers only, and not too deep. */
const signableJson = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5, depthIdentifier: 'json' },
    fc.oneof(fc.constantFrom(null, true, false), names, fc.maxSafeInteger()),
    fc.array(tie('value'), { maxLength: 3, depthIdentifier: 'json' }),
    fc.dictionary(
      fc.oneof(names, fc.constantFrom('sig', '__proto__', 'toJSON', 'é', '\ud83c\udf4e')),
      tie('value'),
      {
        maxKeys: 4,
        depthIdentifier: 'json',
        noNullPrototype: true,
      },
    ),
  ),
})).value;

const bodies: fc.Arbitrary<object> = fc.oneof(
  fc.record({
    binding: fc.record(
      {
        device: ids,
        to: thing('batch', 'box', 'truck', 'room'),
        from: fc.nat(),
        until: fc.integer({ min: 2 ** 31, max: 2 ** 40 }),
      },
      { requiredKeys: ['device', 'to', 'from'] },
    ),
  }),
  fc.record({
    report: fc.record(
      {
        hash: hashes,
        kind: fc.constantFrom('inspection', 'quality-model', 'x'),
        issuer: names,
        subject: thing('batch', 'box', 'device', 'truck', 'room'),
        length: fc.maxSafeNat(),
        mediaType: fc.constantFrom('application/pdf', 'image/svg+xml'),
        model: names,
        version: names,
        score: fc.integer({ min: 0, max: 100_000 }),
      },
      { requiredKeys: ['hash', 'kind', 'issuer', 'subject'] },
    ),
  }),
  fc.record({
    event: fc.dictionary(names, signableJson, { maxKeys: 5 }).map((more) => ({ ...more, ...sampleEvent })),
  }),
  fc.record({
    rotation: fc
      .record({
        device: ids,
        key: counts.filter((key) => key > 1),
        lastBoot: counts,
        lastSeq: fc.maxSafeNat(),
      })
      .map((rest) => ({ ...rest, publicKey: 'A'.repeat(43), proof: sig })),
  }),
);

const messages = fc
  .record(
    {
      ...Object.fromEntries(Object.entries(envelope).map(([name, value]) => [name, fc.constant(value)])),
      batch: names,
      commitments: fc.uniqueArray(hashes, { minLength: 1, maxLength: 3 }).map((all) => all.toSorted()),
    },
    { requiredKeys: Object.keys(envelope) as never[] },
  )
  .chain((rest) => bodies.map((body) => ({ ...rest, ...body }) as unknown as UnsignedMessage));

describe('a message with any body', () => {
  test.each(Object.entries(sampleBodies))('%s', (name, body) => {
    const payload = signMessage({ ...envelope, ...body }, sign);
    const { message, signature, signedBytes } = parseMessage(payload);
    expect(bodyOf(message)).toEqual({ name, ...body });
    expect(signedBytes).toEqual(signingInput({ ...envelope, ...body }));
    expect(verifyEd25519(publicKeyOf(secretKey), signedBytes, signature)).toBe(true);
  });

  test('survives being written and read, whatever it says', () => {
    fc.assert(
      fc.property(messages, (one) => {
        const { message, signedBytes } = parseMessage(signMessage(one, sign));
        const { sig: _, ...rest } = message;
        expect(canonicalize(rest)).toBe(canonicalize(withoutMinusZero(one)));
        expect(signedBytes).toEqual(signingInput(one));
      }),
      { numRuns: 200 },
    );
  });

  test('is refused with two bodies, and with none', () => {
    for (const first of bodyNames) {
      for (const second of bodyNames.filter((name) => name !== first)) {
        const both = { ...sampleBodies[first], ...sampleBodies[second] };
        expect(() => parse(both)).toThrow(/one body/);
      }
    }
    expect(() => parse({})).toThrow(refusal);
  });

  test.each(bodyNames)('%s is no null', (name) => {
    expect(() => parse({ [name]: null })).toThrow(refusal);
  });
});

describe('a binding', () => {
  test.each([
    ['to nothing', { to: undefined }],
    ['to a planet', { to: { kind: 'planet', id: 'mars' } }],
    ['to another device', { to: { kind: 'device', id: 'th-1' } }],
    ['to a nameless box', { to: { kind: 'box', id: '' } }],
    ['of no device', { device: 'TH/1' }],
    ['until it begins', { until: sampleBinding.from }],
    ['since before 1970', { from: -1 }],
    ['with another member', { by: 'me' }],
  ])('%s is refused', (_, change) => {
    expect(() => parse({ binding: withoutMinusZero({ ...sampleBinding, ...change }) })).toThrow(refusal);
  });
});

describe('a report', () => {
  test.each([
    ['hash in upper case', { hash: sampleReport.hash.toUpperCase() }],
    ['hash of another length', { hash: 'ab' }],
    ['score over 100 %', { score: 100_001 }],
    ['score with a fraction', { score: 1.5 }],
    ['media type without a slash', { mediaType: 'pdf' }],
    ['kind with a space', { kind: 'a b' }],
    ['subject of no kind', { subject: { id: 'x' } }],
    ['another member', { extra: 1 }],
  ])('%s is refused', (_, change) => {
    expect(() => parse({ report: { ...sampleReport, ...change } })).toThrow(refusal);
  });
});

describe('an event', () => {
  const valid = textOf({ event: sampleEvent });

  test('holds strings, integers and nesting, in its own members', () => {
    const event = { ...sampleEvent, 'ex:plot': { soil: [null, true, { pH: 6500 }] }, __proto__x: {} };
    expect(bodyOf(parse({ event }).message)).toEqual({ name: 'event', event });
  });

  test('may have a member named sig', () => {
    const event = { ...sampleEvent, sig };
    const payload = signMessage({ ...envelope, event }, () => new Uint8Array(64));
    const { message, signedBytes } = parseMessage(payload);
    expect(message.sig).toBe(sig);
    expect(decodeUtf8(signedBytes)).toContain(`"sig":"${sig}"`);
    expect(signedBytes).toEqual(signingInput({ ...envelope, event }));
  });

  test('may have a member named __proto__, which is just that', () => {
    const text = valid.replace('"event":{', '"event":{"__proto__":{"polluted":1},');
    expect(text).not.toBe(valid);
    parseText(text);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  test.each([
    ['a decimal', '12.5'],
    ['an exponent', '1e3'],
    ['a fraction of nought', '1.0'],
    ['minus nought', '-0'],
    ['beyond 2^53', '9007199254740993'],
  ])('with %s is refused, and told where', (_, number) => {
    expect(valid).toContain('"quantity":200');
    expect(() => parseText(valid.replace('"quantity":200', `"quantity":${number}`))).toThrow(refusal);
    if (number === '12.5') {
      expect(() => parseText(valid.replace('"quantity":200', `"quantity":${number}`))).toThrow(
        'event.quantityList.0.quantity: 12.5 is no safe integer',
      );
    }
  });

  test.each([
    ['members in another order', ['"quantity":200,"uom":"KGM"', '"uom":"KGM","quantity":200']],
    ['a member twice', ['"quantity":200', '"quantity":200,"quantity":200']],
    ['a needless escape', ['"uom"', '"\\u0075om"']],
    ['white space', ['"quantity":200', '"quantity": 200']],
    ['a lone surrogate', ['"KGM"', '"\\ud83c"']],
    ['a lone surrogate in a name', ['"uom"', '"\\ud83c"']],
  ])('with %s is refused', (_, [from, to]) => {
    expect(valid).toContain(from);
    expect(() => parseText(valid.replace(from!, to!))).toThrow(refusal);
  });

  test('is at most 16 levels deep, the message counted', () => {
    const nested = (levels: number): unknown => (levels === 0 ? 1 : [nested(levels - 1)]);
    expect(() => parse({ event: { ...sampleEvent, x: nested(14) } })).not.toThrow();
    expect(() => parse({ event: { ...sampleEvent, x: nested(15) } })).toThrow(
      /event\.x(\.0)+: deeper than 16/,
    );
    const deep = `${'['.repeat(7000)}${']'.repeat(7000)}`;
    expect(() => parseText(valid.replace('"quantity":200', `"quantity":${deep}`))).toThrow(/deeper/);
  });

  test.each([
    ['no type', { type: undefined }],
    ['a type of another standard', { type: 'QuantityEvent' }],
    ['no time', { eventTime: undefined }],
    ['a day for a time', { eventTime: '2026-11-02' }],
    ['a time without a zone', { eventTime: '2026-11-02T08:00:00' }],
    ['no offset', { eventTimeZoneOffset: undefined }],
    ['an offset that no place has', { eventTimeZoneOffset: '+15:00' }],
  ])('with %s is refused', (_, change) => {
    expect(() => parse({ event: withoutMinusZero({ ...sampleEvent, ...change }) })).toThrow(refusal);
  });

  test.each([['[]'], ['"x"'], ['1'], ['null']])('that is %s is refused', (event) => {
    expect(() => parse({ event: JSON.parse(event) as unknown })).toThrow(refusal);
  });
});

describe('a rotation', () => {
  const newSecret = new Uint8Array(32).fill(6);
  const { proof: _, ...unproven } = sampleRotation;

  test('is proven by the new key over its context and its canonical form', () => {
    expect(decodeUtf8(rotationProofInput(sampleRotation))).toBe(
      `tianyuan/rotation/v1\n{"device":"th-0007","key":3,"lastBoot":3,"lastSeq":41,"publicKey":"${sampleRotation.publicKey}"}`,
    );
    expect(isRotationProven(sampleRotation)).toBe(true);
  });

  test.each([
    ['another device', { device: 'th-0008' }],
    ['another number', { key: 4 }],
    ['another last boot', { lastBoot: 4 }],
    ['another last message', { lastSeq: 42 }],
    ['another key', { publicKey: encodeBase64url(publicKeyOf(secretKey)) }],
    ['a key that is no key', { publicKey: '!'.repeat(43) }],
    ['a proof that is none', { proof: '!'.repeat(86) }],
  ])('with %s is not proven', (what, change) => {
    expect(isRotationProven({ ...sampleRotation, ...change }), what).toBe(false);
  });

  test('to a key of small order, which signs for everybody, is not proven', () => {
    for (const point of smallOrderPoints) {
      const publicKey = encodeBase64url(point);
      const forged = {
        ...unproven,
        publicKey,
        proof: encodeBase64url(Uint8Array.of(...point, ...new Uint8Array(32))),
      };
      expect(isRotationProven(forged, () => true)).toBe(false);
    }
  });

  test('of key 1 is none: there is no key before it', () => {
    expect(() => parse({ rotation: { ...sampleRotation, key: 1 } })).toThrow(refusal);
  });

  test('cannot be taken from another message of the new key', () => {
    const reuse = proveRotation(unproven, () =>
      signEd25519(newSecret, signingInput({ ...envelope, ...sampleBodies.report })),
    );
    expect(isRotationProven(reuse)).toBe(false);
  });
});

describe('commitments', () => {
  const [a, b] = ['a'.repeat(64), 'b'.repeat(64)];
  test.each<[string, unknown, boolean]>([
    ['one', [a], true],
    ['two, ascending', [a, b], true],
    ['two, descending', [b, a], false],
    ['the same twice', [a, a], false],
    ['none', [], false],
    ['33', Array.from({ length: 33 }, (_, i) => i.toString(16).padStart(64, '0')), false],
    ['something else', ['x'], false],
  ])('%s', (_, commitments, taken) => {
    const attempt = () => parse(sampleBodies.event, { commitments });
    if (taken) expect(attempt).not.toThrow();
    else expect(attempt).toThrow(refusal);
  });
});
