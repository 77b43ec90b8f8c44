import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalize } from './canonical-json.ts';
import { bytesToHex, utf8ToBytes } from './encoding/bytes.ts';
import documents from './vectors/rfc8785-documents.json' with { type: 'json' };
import numbers from './vectors/rfc8785-numbers.json' with { type: 'json' };

describe('RFC 8785', () => {
  test.each(documents)('the published document $name', ({ input, canonicalHex }) => {
    expect(bytesToHex(utf8ToBytes(canonicalize(JSON.parse(input))))).toBe(canonicalHex);
  });

  test('section 3.2.2: literals, numbers and strings', () => {
    const source = String.raw`{
      "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
      "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
      "literals": [null, true, false]
    }`;
    expect(canonicalize(JSON.parse(source))).toBe(
      String.raw`{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`,
    );
  });

  test('section 3.2.3: members sort by UTF-16 code units', () => {
    const source = String.raw`{
      "\u20ac": "Euro Sign", "\r": "Carriage Return", "\ufb33": "Hebrew Letter Dalet With Dagesh", "1": "One",
      "\ud83d\ude00": "Emoji: Grinning Face", "\u0080": "Control", "\u00f6": "Latin Small Letter O With Diaeresis"
    }`;
    const order = [...canonicalize(JSON.parse(source)).matchAll(/:"([^"]+)"/g)].map(([, value]) => value);
    expect(order).toEqual([
      'Carriage Return',
      'One',
      'Control',
      'Latin Small Letter O With Diaeresis',
      'Euro Sign',
      'Emoji: Grinning Face',
      'Hebrew Letter Dalet With Dagesh',
    ]);
  });

  test.each(numbers)('appendix B: $ieee is $text', ({ ieee, text }) => {
    const view = new DataView(new ArrayBuffer(8));
    view.setBigUint64(0, BigInt(`0x${ieee}`));
    const value = view.getFloat64(0);
    if (text === null)
      expect(() => canonicalize(value)).toThrow(expect.objectContaining({ code: 'CANONICAL_JSON' }));
    else expect(canonicalize(value)).toBe(text);
  });
});

describe('canonicalize', () => {
  test.each([
    ['arrays keep their order', [56, { d: true, '10': null, '1': [] }], '[56,{"1":[],"10":null,"d":true}]'],
    [
      'accents sort by code unit, not by language',
      { peach: 1, péché: 2, pêche: 3, sin: 4 },
      '{"peach":1,"péché":2,"pêche":3,"sin":4}',
    ],
    [
      'names sort as strings, however numeric',
      { '1': {}, '10': {}, '2': {}, '': 0, A: 0, a: 0 },
      '{"":0,"1":{},"10":{},"2":{},"A":0,"a":0}',
    ],
    ['empty containers', [{}, [], [[]], { a: {} }], '[{},[],[[]],{"a":{}}]'],
    ['no Unicode normalisation', { '\u212B': 'A\u030A' }, '{"\u212B":"A\u030A"}'],
    ['the script tag of a page is not its business', '</script>&<', '"</script>&<"'],
    [
      'only what must be is escaped',
      '\u0000\b\t\n\f\r\u001f"\\/\u007f\u2028',
      String.raw`"\u0000\b\t\n\f\r\u001f\"\\/` + '\u007f\u2028"',
    ],
    ['Chinese stays as it is', { 品名: '烟台苹果 🍎' }, '{"品名":"烟台苹果 🍎"}'],
    [
      "a name like a prototype's",
      JSON.parse('{"__proto__":{"b":1},"constructor":2}'),
      '{"__proto__":{"b":1},"constructor":2}',
    ],
  ])('%s', (_, value, expected) => expect(canonicalize(value)).toBe(expected));

  test.each(
    [
      undefined,
      Number.NaN,
      Infinity,
      -Infinity,
      () => 1,
      Symbol('s'),
      1n,
      '\ud800',
      'a\udc00b',
      '\udc00\ud800',
      ['\ud800'],
      { '\ud800': 1 },
      [Number.NaN],
      { a: Infinity },
      { a: 1n },
    ].map((value) => [value]),
  )('refuses %o', (value) =>
    expect(() => canonicalize(value)).toThrow(expect.objectContaining({ code: 'CANONICAL_JSON' })),
  );

  test('refuses a cycle', () => {
    const cycle: { self?: unknown } = {};
    cycle.self = cycle;
    expect(() => canonicalize(cycle)).toThrow(expect.objectContaining({ code: 'CANONICAL_JSON' }));
  });

  test('survives depth', () => {
    const text = '['.repeat(20_000) + ']'.repeat(20_000);
    expect(canonicalize(JSON.parse(text))).toBe(text);
  });

  test('loses nothing, is its own canonical form, and has its names in order', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = canonicalize(value);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(canonicalize(JSON.parse(text))).toBe(text);
        expect(text).toBe(naive(JSON.parse(text)));
        expect(new TextDecoder('utf-8', { fatal: true }).decode(utf8ToBytes(text))).toBe(text);
      }),
      { numRuns: 300 },
    );
  });

  test('the order of the source does not matter', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string({ unit: 'binary', maxLength: 4 }), { maxLength: 8 }), (names) => {
        const pairs = names.map((name, i) => [name, i] as const);
        expect(canonicalize(Object.fromEntries(pairs))).toBe(
          canonicalize(Object.fromEntries(pairs.toReversed())),
        );
      }),
      { numRuns: 50 },
    );
  });
});

/** RFC 8785 over what JSON.parse gives, in as few words as it takes. */
function naive(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(naive).join(',')}]`;
  const names = Object.keys(value).toSorted((a, b) => (a < b ? -1 : 1));
  return `{${names.map((name) => `${JSON.stringify(name)}:${naive((value as Record<string, unknown>)[name])}`).join(',')}}`;
}
