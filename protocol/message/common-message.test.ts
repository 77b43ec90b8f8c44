import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalize } from '../canonical-json.ts';
import { quantityNames } from '../data-dictionary.ts';
import { sampleBodies } from '../vectors/sample-bodies.ts';
import { readCommonMessage } from './common-message.ts';
import { readBySchema } from './schema.ts';

const integers = fc.oneof(fc.integer({ min: -3, max: 300 }), fc.maxSafeInteger());
const counts = fc.oneof(
  { weight: 9, arbitrary: fc.integer({ min: 1, max: 2 ** 53 - 1 }) },
  { weight: 1, arbitrary: integers },
);
const names = fc.oneof(
  { weight: 9, arbitrary: fc.stringMatching(/^[a-z0-9._-]{1,64}$/) },
  { weight: 1, arbitrary: fc.string() },
);
const absent = { requiredKeys: ['type', 'value'] as never[] };
const scalars = fc.record(
  {
    type: fc.constantFrom(...quantityNames.filter((one) => one !== 'gps')),
    value: integers,
    dt: counts,
    sensor: names,
  },
  absent,
);
const positions = fc.record(
  { type: fc.constant('gps'), value: fc.tuple(integers, integers), dt: counts, sensor: names },
  absent,
);

/** Messages of which most are well-formed, and the rest nearly. */
const texts = fc
  .record(
    {
      v: fc.constant(1),
      device: names,
      key: counts,
      boot: counts,
      seq: counts,
      time: counts,
      batch: fc.oneof(
        fc.constantFrom('苹果-09', 'a'),
        fc.string({ unit: 'binary' }),
        fc.constant('x'.repeat(65)),
      ),
      readings: fc.oneof(
        fc.array(scalars, { minLength: 1, maxLength: 6 }),
        fc.array(positions, { minLength: 1, maxLength: 3 }),
        fc.array(fc.oneof(scalars, positions), { maxLength: 66 }),
      ),
      sig: fc.oneof(
        { weight: 9, arbitrary: fc.constant('A'.repeat(86)) },
        { weight: 1, arbitrary: fc.string() },
      ),
    },
    { requiredKeys: ['v', 'device', 'key', 'boot', 'seq', 'time', 'readings', 'sig'] },
  )
  .map((message) => {
    try {
      return canonicalize(message);
    } catch {
      return JSON.stringify(message);
    }
  });

/** What parsers of JSON, numbers and strings are known to disagree on. */
const trouble = fc.constantFrom(
  '',
  ' ',
  '\n',
  '0',
  '00',
  '-0',
  '-',
  '+1',
  '1e3',
  '1.0',
  '9007199254740991',
  '9007199254740992',
  '9007199254740993',
  '-9007199254740992',
  '99999999999999999999',
  '"',
  '\\',
  '\\u0061',
  '\\"',
  '\ud83c',
  '\ud83c\udf4e',
  '\u2028',
  '\u0000',
  '\u007f',
  '\ufeff',
  'é',
  ',',
  '{',
  '}',
  '[',
  ']',
  ':',
  'null',
  'true',
  '"dt":1,',
  '"sensor":"a",',
  '"type":"gps"',
  '"type":"door"',
  '"value":[1,2]',
  '"batch":"x",',
  '"boot":1,',
  '"sig":"',
  '"v":1',
  '"v":2',
  '"v":10',
  '"commitments":[],',
  '"readings":[],',
  '..',
  '.',
  '一',
);

/** Replaces a piece of the text, often exactly a token of it. */
const spoilt = fc
  .tuple(texts, fc.nat(), fc.nat({ max: 4 }), trouble, fc.boolean())
  .map(([text, at, length, by, token]) => {
    const places = token ? [...text.matchAll(/-?\d+|"[^"]*"|[,:[\]{}]/g)] : [];
    const place = places[at % Math.max(1, places.length)];
    if (place !== undefined)
      return text.slice(0, place.index) + by + text.slice(place.index + place[0].length);
    const start = at % (text.length + 1);
    return text.slice(0, start) + by + text.slice(start + length);
  });

function bySchema(text: string): unknown {
  try {
    return readBySchema(text);
  } catch {
    return 'refused';
  }
}

describe('readCommonMessage', () => {
  test('takes what the schema takes, as the same', () => {
    let taken = 0;
    fc.assert(
      fc.property(texts, (text) => {
        const message = readCommonMessage(text);
        if (message === undefined) return;
        taken++;
        expect(message).toEqual(bySchema(text));
        expect(JSON.stringify(message)).toBe(text);
      }),
      { numRuns: 1500 },
    );
    expect(taken).toBeGreaterThan(100);
  });

  test('takes nothing that the schema refuses, or reads otherwise, however little is wrong', () => {
    fc.assert(
      fc.property(spoilt, (text) => {
        const message = readCommonMessage(text);
        if (message !== undefined) expect(message).toEqual(bySchema(text));
      }),
      { numRuns: 4000 },
    );
  });

  const usual = {
    v: 1,
    device: 'th-0007',
    key: 1,
    boot: 3,
    seq: 42,
    time: 1_790_000_000_000,
    batch: '烟台-0912',
    readings: [
      { type: 'temperature', value: -18_250, dt: 1500, sensor: 'crown' },
      { type: 'door', value: 1 },
    ],
    sig: 'A'.repeat(86),
  };
  test.each([
    ['the usual', {}],
    ['no batch', { batch: undefined }],
    ['64 readings', { readings: Array.from({ length: 64 }, () => ({ type: 'co2', value: 0 })) }],
    ['positions', { readings: [{ type: 'gps', value: [-1, 2 ** 53 - 1], dt: 0 }] }],
  ])('leaves no %s to the schema: it is there for that', (_, change) => {
    const text = canonicalize(JSON.parse(JSON.stringify({ ...usual, ...change })));
    expect(readCommonMessage(text)).toEqual(readBySchema(text));
  });

  const usualText = canonicalize(usual);
  test.each([
    [
      '65 readings',
      canonicalize({ ...usual, readings: Array.from({ length: 65 }, () => ({ type: 'co2', value: 0 })) }),
    ],
    ['an escape', usualText.replace('烟', '\\n')],
    ['a pair of surrogates', usualText.replace('烟', '🍎')],
    ['half of one', usualText.replace('烟', '\ud83c')],
    ['2^53', usualText.replace('-18250', '9007199254740992')],
    ['-0', usualText.replace('-18250', '-0')],
    ['a leading zero', usualText.replace('-18250', '018250')],
    ['boot 0', usualText.replace('"boot":3', '"boot":0')],
    ['something after the end', `${usualText} `],
    ['half of it', usualText.slice(0, 100)],
    ['nothing', ''],
  ])('leaves %s to it', (_, text) => {
    expect(text).not.toBe(usualText);
    expect(readCommonMessage(text)).toBeUndefined();
  });

  test.each(Object.entries(sampleBodies).filter(([body]) => body !== 'readings'))(
    'leaves %s to it',
    (_, body) => {
      const { readings: __, ...envelope } = usual;
      expect(readCommonMessage(canonicalize({ ...envelope, ...body }))).toBeUndefined();
    },
  );
});
