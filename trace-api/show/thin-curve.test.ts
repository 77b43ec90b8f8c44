import fc from 'fast-check';
import { expect, test } from 'vitest';
import { thinCurve } from './thin-curve.ts';

const curves = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 9 }), fc.nat(100), fc.nat(100), fc.nat(100)), {
    minLength: 1,
    maxLength: 400,
  })
  .map((steps) => {
    let time = 0;
    return steps.map(([step, ...values]) => {
      time += step;
      const [min, mean, max] = values.toSorted((a, b) => a - b);
      return { time, min: min!, mean: mean!, max: max! };
    });
  });

test('a thinned curve is short, in order, and has lost no extreme', () => {
  fc.assert(
    fc.property(curves, fc.integer({ min: 1, max: 400 }), (points, most) => {
      const thinned = thinCurve(points, most);
      expect(thinned.length).toBeLessThanOrEqual(most);
      expect(Math.max(...thinned.map(({ max }) => max))).toBe(Math.max(...points.map(({ max }) => max)));
      expect(Math.min(...thinned.map(({ min }) => min))).toBe(Math.min(...points.map(({ min }) => min)));
      for (const { min, mean, max } of thinned) expect(min <= mean && mean <= max).toBe(true);
      expect(thinned.map(({ time }) => time)).toEqual(
        thinned.map(({ time }) => time).toSorted((a, b) => a - b),
      );
    }),
  );
});
