import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { faultNames } from './fault.ts';
import { faultStream } from './fault-stream.ts';
import { stuckMessages } from './stuck.ts';

const setting = { seed: 'a', device: 'orchard-01', boot: 1, place: 0, faults: faultNames, rate: 0.2 };
const draw = (change: Partial<Parameters<typeof faultStream>[0]>, messages: number) => {
  const stream = faultStream({ ...setting, ...change });
  return Array.from({ length: messages }, () => stream.next());
};

describe('a stream of faults', () => {
  test('is the same for the same seed, device and boot, and another for another', () => {
    expect(draw({}, 500)).toEqual(draw({}, 500));
    expect(draw({ seed: 'b' }, 500)).not.toEqual(draw({}, 500));
    expect(draw({ boot: 2 }, 500)).not.toEqual(draw({}, 500));
    expect(draw({ device: 'soil-02' }, 500)).not.toEqual(draw({}, 500));
  });

  test('makes the share of messages misbehave that it was asked for', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(0.02, 0.1, 0.5, 0.9),
        fc.subarray([...faultNames], { minLength: 1 }),
        (rate, faults) => {
          const drawn = draw({ rate, faults }, 20_000);
          const share = drawn.filter((fault) => fault !== undefined).length / drawn.length;
          expect(Math.abs(share - rate)).toBeLessThan(0.3 * rate);
        },
      ),
      { numRuns: 20, seed: 20_260_801 }, // a share of random draws: any bound is missed one day
    );
  });

  test('has none at rate 0 or without a list, and nothing else at rate 1', () => {
    expect(draw({ rate: 0 }, 1_000).every((fault) => fault === undefined)).toBe(true);
    expect(draw({ faults: [] }, 1_000).every((fault) => fault === undefined)).toBe(true);
    expect(draw({ rate: 1 }, 1_000).some((fault) => fault === undefined)).toBe(false);
  });

  test('shows every fault early, since each device begins at another one', () => {
    const firsts = faultNames.map((_, place) =>
      draw({ place, device: `orchard-${place}` }, 400).find((fault) => fault !== undefined),
    );
    expect(new Set(firsts)).toEqual(new Set(faultNames));
  });

  test('lets a sensor hang for a whole episode', () => {
    const drawn = draw({ rate: 0.1 }, 2_000);
    const lengths = drawn
      .map((fault) => (fault === 'stuck' ? 's' : ' '))
      .join('')
      .split(/ +/)
      .filter(Boolean)
      .map(({ length }) => length);
    expect(lengths.length).toBeGreaterThan(1);
    for (const length of lengths) expect(length % stuckMessages).toBe(0);
  });
});
