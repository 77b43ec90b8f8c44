import { dataDictionary, isInRange } from '@tianyuan/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { deviceKinds } from '../fleet.ts';
import { waveformOf } from './waveform-of.ts';

const times = fc.integer({ min: Date.UTC(2024, 0, 1), max: Date.UTC(2032, 0, 1) });
const seeds = fc.stringMatching(/^[a-z]{1,8}$/);

describe.each(deviceKinds)('every waveform of kind %s', (kind) => {
  test('stays in the range of its quantities, in integers', () => {
    fc.assert(
      fc.property(seeds, times, (seed, timeMs) => {
        const { channels, position } = waveformOf(kind, seed, `${kind}-01`);
        for (const { type, at } of channels) {
          const value = at(timeMs);
          expect(value).toSatisfy(Number.isSafeInteger);
          expect({ type, value, possible: isInRange(type, value) }).toMatchObject({ possible: true });
        }
        const place = position?.(timeMs);
        if (place) expect(place.every(Number.isSafeInteger) && isInRange('gps', place)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  test('changes no faster than a working sensor can, at any rate of sampling', () => {
    // One unit of rounding at each end comes on top, which no rate can be asked for.
    const rounding = 2;
    fc.assert(
      fc.property(seeds, times, fc.integer({ min: 100, max: 600_000 }), (seed, timeMs, afterMs) => {
        const { channels, position } = waveformOf(kind, seed, `${kind}-01`);
        const most = (type: keyof typeof dataDictionary) =>
          (dataDictionary[type].maxChangePerMinute * afterMs) / 60_000 + rounding;
        for (const { type, at } of channels) {
          expect(Math.abs(at(timeMs + afterMs) - at(timeMs))).toBeLessThanOrEqual(most(type));
        }
        if (position === undefined) return;
        const [from, to] = [position(timeMs), position(timeMs + afterMs)];
        for (const axis of [0, 1] as const) {
          expect(Math.abs(to[axis] - from[axis])).toBeLessThanOrEqual(most('gps'));
        }
      }),
      { numRuns: 60 },
    );
  });

  test('is a function of seed, device and time alone', () => {
    fc.assert(
      fc.property(seeds, times, times, (seed, early, late) => {
        const one = waveformOf(kind, seed, `${kind}-07`);
        const other = waveformOf(kind, seed, `${kind}-07`);
        one.channels.forEach(({ at }) => at(early)); // a past of its own
        one.channels.forEach(({ at }, i) => expect(at(late)).toBe(other.channels[i]!.at(late)));
        expect(one.position?.(late)).toEqual(other.position?.(late));
      }),
      { numRuns: 20 },
    );
  });
});

test('neighbours share their weather and not their flutter', () => {
  const noon = Date.UTC(2026, 6, 1, 4);
  const [one, other] = ['orchard-01', 'orchard-04'].map((device) =>
    waveformOf('orchard', 'a seed', device).channels[0].at(noon),
  ) as [number, number];
  expect(one).not.toBe(other);
  expect(Math.abs(one - other)).toBeLessThan(4_000);
});
