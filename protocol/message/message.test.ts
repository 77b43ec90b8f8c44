import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalize } from '../canonical-json.ts';
import { dataDictionary, quantityNames } from '../data-dictionary.ts';
import { publicKeyOf, signEd25519, verifyEd25519 } from '../ed25519.ts';
import { encodeBase64url } from '../encoding/base64.ts';
import { concatBytes, decodeUtf8, utf8ToBytes } from '../encoding/bytes.ts';
import { signCoseMessage } from './cose.ts';
import { deviceIdSchema } from './fields.ts';
import {
  type UnsignedReadings,
  maxMessageBytes,
  messageContext,
  parseMessage,
  signMessage,
  signingInput,
} from './message.ts';
import type { Reading } from './readings.ts';

const secretKey = new Uint8Array(32).fill(5);
const publicKey = publicKeyOf(secretKey);
const sign = (input: Uint8Array) => signEd25519(secretKey, input);
const someSignature = 'A'.repeat(86);

const message: UnsignedReadings = {
  v: 1,
  device: 'th-0007',
  key: 1,
  boot: 3,
  seq: 42,
  time: 1_790_000_000_000,
  batch: '烟台-2026-09-12',
  readings: [
    { sensor: 'crown', type: 'temperature', value: -18_250, dt: 1500 },
    { type: 'door', value: 1 },
  ],
};

/** A payload with these members in place of the sample's; its signature is of no interest. */
const payloadOf = (change: object) =>
  utf8ToBytes(canonicalize({ ...message, sig: someSignature, ...change }));
const valid = decodeUtf8(payloadOf({}));

const refusal = expect.objectContaining({ name: 'ProtocolError', code: 'MESSAGE' });

const counting = fc.oneof(
  fc.integer({ min: 1, max: 9 }),
  fc.maxSafeNat().map((n) => n || 1),
);
const integer = fc.oneof(fc.integer(), fc.maxSafeInteger());
const ids = fc.stringMatching(/^[a-z0-9._-]{1,64}$/).filter((id) => id !== '.' && id !== '..');
const absent = { requiredKeys: ['type', 'value'] as ('type' | 'value')[] };
const scalars = fc.record(
  {
    sensor: ids,
    type: fc.constantFrom(...quantityNames.filter((name) => name !== 'gps')),
    value: integer,
    dt: fc.maxSafeNat(),
  },
  absent,
);
const positions = fc.record(
  { sensor: ids, type: fc.constant('gps' as const), value: fc.tuple(integer, integer), dt: fc.maxSafeNat() },
  absent,
);
const bounds = { minLength: 1, maxLength: 20 };
const messages: fc.Arbitrary<UnsignedReadings> = fc.record(
  {
    v: fc.constant(1 as const),
    device: ids,
    key: counting,
    boot: counting,
    seq: counting,
    time: fc.maxSafeNat(),
    batch: fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }),
    readings: fc.oneof(
      fc.array(scalars as fc.Arbitrary<Reading>, bounds),
      fc.array(positions as fc.Arbitrary<Reading>, bounds),
    ),
  },
  { requiredKeys: ['v', 'device', 'key', 'boot', 'seq', 'time', 'readings'] },
);

/** -0 is the one integer that JSON cannot say. */
const withoutMinusZero = (value: unknown) => JSON.parse(JSON.stringify(value)) as unknown;

describe('a signed message', () => {
  test('is the canonical form, its signature over the context and that form without `sig`', () => {
    const payload = signMessage(message, sign);
    const text = decodeUtf8(payload);
    const unsigned =
      '{"batch":"烟台-2026-09-12","boot":3,"device":"th-0007","key":1,' +
      '"readings":[{"dt":1500,"sensor":"crown","type":"temperature","value":-18250},{"type":"door","value":1}],' +
      '"seq":42,"time":1790000000000,"v":1}';
    const input = utf8ToBytes(`tianyuan/message/v1\n${unsigned}`);
    expect(messageContext).toBe('tianyuan/message/v1\n');
    expect(signingInput(message)).toEqual(input);
    const sig = encodeBase64url(sign(input));
    expect(text).toBe(unsigned.replace(',"time"', `,"sig":"${sig}","time"`));
    const parsed = parseMessage(payload);
    expect(parsed.message).toEqual({ ...message, sig });
    expect(parsed.signedBytes).toEqual(input);
    expect(parsed.signature).toEqual(sign(input));
  });

  test('survives being written and read, whatever it says', () => {
    fc.assert(
      fc.property(messages, (one) => {
        const { message: read, signature, signedBytes } = parseMessage(signMessage(one, sign));
        const { sig, ...rest } = read;
        expect(rest).toEqual(withoutMinusZero(one));
        expect(signedBytes).toEqual(signingInput(one));
        expect(signedBytes).toEqual(signingInput(rest));
        expect(encodeBase64url(signature)).toBe(sig);
      }),
      { numRuns: 150 },
    );
  });

  test('says the same in the COSE profile', () => {
    fc.assert(
      fc.property(
        messages.filter(({ batch }) => !batch?.startsWith('\ufeff')), // see cbor.ts
        (one) => {
          const [json, cose] = [
            parseMessage(signMessage(one, sign)),
            parseMessage(signCoseMessage(one, sign)),
          ];
          expect([json.profile, cose.profile]).toEqual(['json', 'cose']);
          expect({ ...cose.message, sig: '' }).toEqual({ ...json.message, sig: '' });
          expect(verifyEd25519(publicKey, cose.signedBytes, cose.signature)).toBe(true);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('any one changed byte is refused by its form or by its signature', () => {
    const payload = signMessage(message, sign);
    for (let at = 0; at < payload.length; at++) {
      for (const mask of [0x01, 0x20, 0x80]) {
        let accepted = false;
        try {
          const { signedBytes, signature } = parseMessage(payload.with(at, payload[at]! ^ mask));
          accepted = verifyEd25519(publicKey, signedBytes, signature);
        } catch (error) {
          expect(error).toEqual(refusal);
        }
        if (accepted) throw new Error(`byte ${at} of ${decodeUtf8(payload)} does not matter`);
      }
    }
  }, 20_000);

  test('any one inserted or deleted byte is refused', () => {
    fc.assert(
      fc.property(messages, fc.nat(), fc.nat({ max: 255 }), (one, n, byte) => {
        const payload = signMessage(one, sign);
        const at = n % payload.length;
        for (const changed of [
          concatBytes(payload.slice(0, at), Uint8Array.of(byte), payload.slice(at)),
          concatBytes(payload.slice(0, at), payload.slice(at + 1)),
        ]) {
          let accepted = false;
          try {
            const { signedBytes, signature } = parseMessage(changed);
            accepted = verifyEd25519(publicKey, signedBytes, signature);
          } catch (error) {
            expect(error).toEqual(refusal);
          }
          expect(accepted).toBe(false);
        }
      }),
      { numRuns: 60 },
    );
  });
});

// The signed bytes are cut out of the payload's text; a payload that imitates its own `sig` member must not mislead that.
test.each(['"sig":"', `"sig":"${someSignature}",`, '\\"sig":"', 'sig'])(
  'a batch of %j is signed like any other',
  (batch) => {
    const one = { ...message, batch: batch.slice(0, 64) };
    expect(parseMessage(signMessage(one, sign)).signedBytes).toEqual(signingInput(one));
  },
);

describe('parseMessage takes', () => {
  test.each([
    ['the sample', {}],
    ['64 readings', { readings: Array.from({ length: 64 }, () => ({ type: 'co2', value: 415 })) }],
    ['the largest integers', { time: 2 ** 53 - 1, readings: [{ type: 'co2', value: -(2 ** 53 - 1) }] }],
    ['no batch', { batch: undefined }],
    [
      'positions',
      {
        readings: [
          { type: 'gps', value: [374_650_000, 1_214_480_000] },
          { type: 'gps', value: [0, 0], dt: 1 },
        ],
      },
    ],
    [
      'readings that no sensor can have: they are flagged, not refused',
      { readings: [{ type: 'humidity', value: -5 }] },
    ],
    ['a device id of 64', { device: 'a'.repeat(64) }],
    ['a device id of dots and more', { device: '...' }],
    ['a batch of quotes and newlines', { batch: '"\n\\\u0000\u2028🍎' }],
    ['a batch that names a prototype', { batch: '__proto__' }],
  ])('%s', (_, change) => {
    const withoutUndefined = JSON.parse(
      JSON.stringify({ ...message, sig: someSignature, ...change }),
    ) as object;
    const payload = utf8ToBytes(canonicalize(withoutUndefined));
    expect(parseMessage(payload).message).toEqual(withoutUndefined);
  });

  test.each(quantityNames)('%s', (type) => {
    const value = type === 'gps' ? [1, 2] : dataDictionary[type].range[0];
    expect(() => parseMessage(payloadOf({ readings: [{ type, value }] }))).not.toThrow();
  });

  test('a payload of 16 KiB and not a byte more', () => {
    // 64 readings are the most there can be, so only a long name of each sensor fills a payload.
    const readings = Array.from({ length: 64 }, () => ({
      sensor: 'x'.repeat(64),
      type: 'soil_moisture',
      value: 2 ** 53 - 1,
      dt: 2 ** 53 - 1,
    }));
    expect(payloadOf({ readings }).length).toBeLessThan(maxMessageBytes);
    const padded = (length: number) => utf8ToBytes(valid + ' '.repeat(length - utf8ToBytes(valid).length));
    expect(() => parseMessage(padded(maxMessageBytes))).toThrow(/canonical/);
    expect(() => parseMessage(padded(maxMessageBytes + 1))).toThrow(/at most 16384 bytes, this one 16385/);
  });
});

describe('parseMessage refuses what is not byte for byte canonical:', () => {
  test('the sample as it is, is canonical', () => {
    expect(() => parseMessage(utf8ToBytes(valid))).not.toThrow();
  });

  test.each([
    ['white space', valid.replace(':', ': ')],
    ['white space in front', ` ${valid}`],
    ['a newline at the end', `${valid}\n`],
    ['a byte order mark', `\uFEFF${valid}`],
    ['members in another order', valid.replace('"boot":3,"device":"th-0007"', '"device":"th-0007","boot":3')],
    [
      "readings' members in another order",
      valid.replace('"type":"door","value":1', '"value":1,"type":"door"'),
    ],
    ['a member twice', valid.replace('"boot":3', '"boot":3,"boot":3')],
    ['a member twice, first another value', valid.replace('"boot":3', '"boot":9,"boot":3')],
    ["a reading's member twice", valid.replace('"value":1}', '"value":1,"value":1}')],
    ['an exponent', valid.replace('"boot":3', '"boot":3e0')],
    ['1e3', valid.replace('"value":1}', '"value":1e3}')],
    ['a fraction of nought', valid.replace('"boot":3', '"boot":3.0')],
    ['minus nought', valid.replace('"value":1}', '"value":-0}')],
    ['an escape where there need be none', valid.replace('th-0007', '\\u0074h-0007')],
    ['upper-case hex in an escape', valid.replace('烟', '\\u000B')],
    ['a long escape of a newline', valid.replace('烟', '\\u000a')],
    ['an escaped slash', valid.replace('烟', '\\/')],
    ['an escaped Chinese character', valid.replace('烟', '\\u70df')],
    ['a lone surrogate', valid.replace('烟', '\\ud83c')],
    ['surrogates the wrong way round', valid.replace('烟', '\\udf4e\\ud83c')],
    ['an escaped pair', valid.replace('烟', '\\ud83c\\udf4e')],
    ['something after the end', `${valid}{}`],
    ['a comma too many', valid.replace(']', ',]')],
    ['a comment', valid.replace(']', '/**/]')],
    ['single quotes', valid.replaceAll('"', "'")],
    ['a number over 2^53 - 1', valid.replace('"value":1}', '"value":9007199254740992}')],
    ['a number that rounds to 2^53 - 1', valid.replace('"value":1}', '"value":9007199254740991.1}')],
    ['a number under -(2^53 - 1)', valid.replace('"value":1}', '"value":-9007199254740993}')],
    ['NaN', valid.replace('"value":1}', '"value":NaN}')],
    ['a number too large for a double', valid.replace('"value":1}', '"value":1e999}')],
    ['a leading zero', valid.replace('"boot":3', '"boot":03')],
    ['a plus', valid.replace('"boot":3', '"boot":+3')],
  ])('%s', (_, text) => {
    expect(text).not.toBe(valid);
    expect(() => parseMessage(utf8ToBytes(text))).toThrow(refusal);
  });

  test.each([
    ['an overlong byte', [0xc1, 0xa1]],
    ['a lone continuation byte', [0x80]],
    ['a surrogate in UTF-8', [0xed, 0xa0, 0xbc]],
    ['a cut-off character', [0xe7]],
    ['0xff', [0xff]],
  ])('invalid UTF-8: %s', (_, bytes) => {
    const [before, after] = valid.split('烟').map((part) => utf8ToBytes(part));
    expect(() => parseMessage(concatBytes(before!, Uint8Array.from(bytes), after!))).toThrow(refusal);
  });

  test('UTF-16', () => {
    expect(() => parseMessage(Uint8Array.from(Buffer.from(valid, 'utf16le')))).toThrow(refusal);
  });

  test.each(['', '{}', '[]', 'null', '1', '"x"', 'true', '{', 'undefined', '[{}]', '\ud83c'])(
    '%j',
    (text) => {
      expect(() => parseMessage(utf8ToBytes(text))).toThrow(refusal);
    },
  );

  test('depth without end', () => {
    const deep = (open: string, close: string) => {
      const n = Math.floor(maxMessageBytes / (open.length + close.length));
      return utf8ToBytes(open.repeat(n) + close.repeat(n));
    };
    expect(() => parseMessage(deep('[', ']'))).toThrow(refusal);
    expect(() => parseMessage(deep('{"a":', '}'))).toThrow(refusal);
    expect(() =>
      parseMessage(
        utf8ToBytes(valid.replace('"value":1}', `"value":${'['.repeat(5000)}${']'.repeat(5000)}}`)),
      ),
    ).toThrow(refusal);
  });
});

describe('parseMessage refuses', () => {
  const reading = { type: 'co2', value: 415 };
  const refused: [what: string, change: object][] = [
    ['another version', { v: 2 }],
    ['a version in quotes', { v: '1' }],
    ['an unknown member', { extra: 1 }],
    ['an unknown member of a reading', { readings: [{ ...reading, unit: 'ppm' }] }],
    ['another body', { event: {} }],
    ['no readings', { readings: [] }],
    ['65 readings', { readings: Array.from({ length: 65 }, () => reading) }],
    ['readings that are no array', { readings: { 0: reading } }],
    ['a reading that is null', { readings: [null] }],
    ['a type that nobody knows', { readings: [{ type: 'radiation', value: 1 }] }],
    ['a type that is a method of objects', { readings: [{ type: 'toString', value: 1 }] }],
    ['a fraction', { readings: [{ type: 'co2', value: 0.5 }] }],
    ['a value in quotes', { readings: [{ type: 'co2', value: '415' }] }],
    ['a pair for a scalar', { readings: [{ type: 'co2', value: [1, 2] }] }],
    ['a scalar for a position', { readings: [{ type: 'gps', value: 1 }] }],
    ['a position of one', { readings: [{ type: 'gps', value: [1] }] }],
    ['a position of three', { readings: [{ type: 'gps', value: [1, 2, 3] }] }],
    ['a position with a fraction', { readings: [{ type: 'gps', value: [1, 2.5] }] }],
    ['a position beside another reading', { readings: [reading, { type: 'gps', value: [1, 2] }] }],
    ['another reading beside a position', { readings: [{ type: 'gps', value: [1, 2] }, reading] }],
    ['a negative dt', { readings: [{ ...reading, dt: -1 }] }],
    ['a dt with a fraction', { readings: [{ ...reading, dt: 0.1 }] }],
    ['a sensor in upper case', { readings: [{ ...reading, sensor: 'Crown' }] }],
    ['an empty sensor', { readings: [{ ...reading, sensor: '' }] }],
    ['null for an absent member', { batch: null }],
    ['an empty batch', { batch: '' }],
    ['a batch of 65', { batch: 'x'.repeat(65) }],
    ['key 0', { key: 0 }],
    ['boot 0', { boot: 0 }],
    ['seq 0', { seq: 0 }],
    ['a negative seq', { seq: -1 }],
    ['a negative time', { time: -1 }],
    ['a time with a fraction', { time: 0.5 }],
    ['a time in quotes', { time: '1790000000000' }],
    ...['.', '..', '', 'A', 'Th-1', 'a/b', 'a b', 'a+b', 'a#', '田', 'a\n', 'a\0', 'ａ', 'a'.repeat(65)].map(
      (device): [string, object] => [`the device ${JSON.stringify(device)}`, { device }],
    ),
    ['a padded signature', { sig: `${'A'.repeat(86)}==` }],
    ['padding inside 86 characters', { sig: `${'A'.repeat(84)}==` }],
    ['a short signature', { sig: 'A'.repeat(85) }],
    ['a long signature', { sig: 'A'.repeat(87) }],
    ['standard base64', { sig: `${'A'.repeat(85)}/`.replace(/A\/$/, '/A') }],
    ['non-zero trailing bits', { sig: `${'A'.repeat(85)}B` }],
    ['a space in the signature', { sig: `${'A'.repeat(85)} ` }],
    ['a signature of other letters', { sig: 'Ａ'.repeat(86) }],
  ];
  test.each(refused)('%s', (_, change) => {
    expect(() => parseMessage(payloadOf(change))).toThrow(refusal);
  });

  test.each(['v', 'device', 'key', 'boot', 'seq', 'time', 'readings', 'sig'])(
    'a message without %s',
    (name) => {
      const rest: Record<string, unknown> = { ...message, sig: someSignature };
      delete rest[name];
      expect(() => parseMessage(utf8ToBytes(canonicalize(rest)))).toThrow(refusal);
    },
  );

  test.each(['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'toJSON'])(
    'the member %s',
    (name) => {
      for (const value of ['1', '{"v":1}', '{"isAdmin":true}']) {
        const member = `"${name}":${value}`;
        // sorted into its place, so that only its name is wrong
        const text = canonicalize(JSON.parse(valid.replace('{', `{${member},`)));
        expect(text).toContain(member);
        expect(() => parseMessage(utf8ToBytes(text))).toThrow(refusal);
        const inReading = canonicalize(JSON.parse(valid.replace('{"dt"', `{${member},"dt"`)));
        expect(() => parseMessage(utf8ToBytes(inReading))).toThrow(refusal);
      }
      expect(({} as Record<string, unknown>)['isAdmin']).toBeUndefined();
    },
  );

  test('names the rule that was broken', () => {
    expect(() => parseMessage(payloadOf({ seq: 0 }))).toThrow(/seq/);
    expect(() => parseMessage(payloadOf({ sig: `${'A'.repeat(85)}B` }))).toThrow(/sig/);
    expect(() => parseMessage(utf8ToBytes(`${valid} `))).toThrow(/RFC 8785/);
    expect(() => parseMessage(utf8ToBytes('{'))).toThrow(/JSON/);
  });
});

test('a device id is a topic segment that climbs nowhere', () => {
  for (const id of ['a', 'th-0007', 'a.b_c-d', '0', '-', '_', '...', '.a'])
    expect(deviceIdSchema.safeParse(id).success).toBe(true);
  for (const id of ['.', '..', '', 'A', '+', '#', '$SYS', 'a/b', 'a\n', 'a ', 'é'])
    expect(deviceIdSchema.safeParse(id).success).toBe(false);
});
