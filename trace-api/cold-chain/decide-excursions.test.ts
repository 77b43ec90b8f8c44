import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decideExcursions } from './decide-excursions.ts';
import { type ExcursionStatement, type FoundExcursion, excursionId } from './excursion-statement.ts';

const found = (from: number, until: number | null = null): FoundExcursion => ({
  batch: 'oranges',
  profile: 'navel-orange',
  profileIndex: 3,
  device: 'truck-1',
  sensor: '',
  rule: { kind: 'above', id: 'warm', type: 'temperature', limit: 8000, forMs: 0, maxGapMs: 1000 },
  ruleDigest: 'a'.repeat(64),
  named: null,
  spans: [],
  stretch: { from: 0, until: null },
  from,
  until,
  ended: until === null ? 'open' : 'recovered',
  extreme: 9000,
  mkt: null,
  readings: 1,
  leaves: [],
});

const said = (one: FoundExcursion, state: ExcursionStatement['state']): ExcursionStatement => ({
  ...one,
  excursion: excursionId(one),
  state,
});

test('one that is found is said to be open, then closed, and nothing in between', () => {
  const opened = said(found(1), 'opened');
  expect(decideExcursions([], [found(1)])).toEqual([opened]);
  expect(decideExcursions([opened], [{ ...found(1), extreme: 12_000, readings: 9 }])).toEqual([]);
  expect(decideExcursions([opened], [found(1, 50)])).toEqual([said(found(1, 50), 'closed')]);
});

test('one that later readings make longer is said again, and one that is none is withdrawn', () => {
  const closed = said(found(1, 50), 'closed');
  expect(decideExcursions([closed], [found(1, 90)])).toEqual([said(found(1, 90), 'closed')]);
  expect(decideExcursions([closed], [])).toEqual([said(found(1, 50), 'withdrawn')]);
  expect(decideExcursions([said(found(1, 50), 'withdrawn')], [])).toEqual([]);
  expect(decideExcursions([said(found(1, 50), 'withdrawn')], [found(1, 50)])).toEqual([closed]);
});

test('once it is said there is nothing left to say, whatever came before', () => {
  const finds = fc.uniqueArray(
    fc.tuple(fc.integer({ min: 0, max: 5 }), fc.option(fc.integer({ min: 6, max: 9 }))),
    { selector: ([from]) => from },
  );
  fc.assert(
    fc.property(fc.array(finds, { maxLength: 6 }), (rounds) => {
      const known = new Map<string, ExcursionStatement>();
      for (const round of rounds) {
        const now = round.map(([from, until]) => found(from, until));
        for (const one of decideExcursions([...known.values()], now)) known.set(one.excursion, one);
        expect(decideExcursions([...known.values()], now)).toEqual([]);
        const standing = [...known.values()].filter(({ state }) => state !== 'withdrawn');
        expect(new Set(standing.map(({ from, until }) => `${from} ${until}`))).toEqual(
          new Set(now.map(({ from, until }) => `${from} ${until}`)),
        );
      }
    }),
  );
});
