import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { coldTruck } from './cold-truck.ts';
import { noiseKey } from './noise.ts';
import { doorOpenings, startOfClockDay } from './truck-route.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const seeds = fc.stringMatching(/^[a-z]{1,8}$/);
/** Any day; and one between June and August, when it is hotter outside than within. */
const anyDay = fc.integer({ min: 20_454, max: 21_184 });
const summerDay = fc.integer({ min: 20_605, max: 20_696 });

function truck(seed: string, day: number) {
  const { channels, position } = coldTruck(seed, 'truck-03');
  const channel = (type: string) => channels.find((candidate) => candidate.type === type)!.at;
  return {
    temperature: channel('temperature'),
    door: channel('door'),
    battery: channel('battery'),
    humidity: channel('humidity'),
    position: position!,
    openings: doorOpenings(noiseKey(seed, 'truck-03', 'route'), day),
  };
}

const every = (fromMs: number, toMs: number, stepMs: number) =>
  Array.from({ length: Math.floor((toMs - fromMs) / stepMs) + 1 }, (_, i) => fromMs + i * stepMs);

describe('a cold truck', () => {
  const night = (seed: string, day: number) =>
    every(startOfClockDay(day) + hourMs, startOfClockDay(day) + 5 * hourMs, minuteMs).map(
      truck(seed, day).temperature,
    );

  test('holds its set point at night, summer and winter', () => {
    fc.assert(
      fc.property(seeds, anyDay, (seed, day) => {
        expect(Math.min(...night(seed, day))).toBeGreaterThan(2_000);
        expect(Math.max(...night(seed, day))).toBeLessThan(5_300);
      }),
      { numRuns: 15 },
    );
  });

  test('does so by switching, between a degree above and a degree below, where it is warm outside', () => {
    fc.assert(
      fc.property(seeds, summerDay, (seed, day) => {
        expect(Math.min(...night(seed, day))).toBeLessThan(3_200);
        expect(Math.max(...night(seed, day))).toBeGreaterThan(4_800);
      }),
      { numRuns: 15 },
    );
  });

  test('warms while its door is open in summer, and recovers within the hour', () => {
    fc.assert(
      fc.property(seeds, summerDay, (seed, day) => {
        const { temperature, openings } = truck(seed, day);
        const rises = openings.map(({ fromMs, toMs }) => temperature(toMs) - temperature(fromMs));
        // One may begin with the unit at work; all six together cannot.
        expect(rises.reduce((a, b) => a + b, 0)).toBeGreaterThan(1_000);
        for (const { toMs } of openings) {
          expect(temperature(toMs)).toBeLessThan(10_000);
          expect(Math.min(...every(toMs, toMs + hourMs, minuteMs).map(temperature))).toBeLessThan(4_000);
        }
      }),
      { numRuns: 15 },
    );
  });

  test('opens its door two to five minutes at each of six stops, and stands still meanwhile', () => {
    fc.assert(
      fc.property(seeds, anyDay, (seed, day) => {
        const { door, position, openings } = truck(seed, day);
        expect(openings).toHaveLength(6);
        for (const { fromMs, toMs } of openings) {
          const minutesOpen = (toMs - fromMs) / minuteMs;
          expect(minutesOpen).toBeGreaterThanOrEqual(2);
          expect(minutesOpen).toBeLessThanOrEqual(5);
          expect([
            door(fromMs - 1_000),
            door(Math.ceil(fromMs)),
            door(toMs - 1_000),
            door(Math.ceil(toMs)),
          ]).toEqual([0, 1, 1, 0]);
          const [there, later] = [position(fromMs), position(toMs)];
          // within the receiver's error: 3.47 standard deviations at each end
          expect(Math.abs(there[0] - later[0])).toBeLessThan(1_600);
          expect(Math.abs(there[1] - later[1])).toBeLessThan(1_600);
        }
      }),
      { numRuns: 15 },
    );
  });

  test('has no step at midnight, where one day is computed apart from the next', () => {
    fc.assert(
      fc.property(seeds, anyDay, (seed, day) => {
        const { temperature, humidity } = truck(seed, day);
        const midnightMs = startOfClockDay(day);
        expect(Math.abs(temperature(midnightMs) - temperature(midnightMs - 1))).toBeLessThanOrEqual(2);
        expect(Math.abs(humidity(midnightMs) - humidity(midnightMs - 1))).toBeLessThanOrEqual(2);
      }),
      { numRuns: 15 },
    );
  });

  test('drives to Xi’an and comes home, with its alternator running on the road only', () => {
    const day = 20_650;
    const { position, battery } = truck('a', day);
    const at = (hour: number) => startOfClockDay(day) + hour * hourMs;
    const degrees = (hour: number) => position(at(hour)).map((value) => Math.round(value / 1e5) / 100);
    expect(degrees(3)).toEqual([35.76, 109.43]);
    expect(degrees(10.6)).toEqual([34.38, 108.95]);
    expect(degrees(20)).toEqual([35.76, 109.43]);
    expect(battery(at(3))).toBeLessThan(25_500);
    expect(battery(at(14))).toBeGreaterThan(27_500);
  });
});
