import fc from 'fast-check';
import { expect, test } from 'vitest';
import { newRefusalRate } from './refusal-rate.ts';

const minute = 60_000;

test('counts what the last hour had, to the minute', () => {
  const steps = fc.array(fc.record({ afterMs: fc.nat(20 * minute), refused: fc.nat(50) }), {
    minLength: 1,
    maxLength: 40,
  });
  fc.assert(
    fc.property(steps, (seen) => {
      const rate = newRefusalRate();
      const all: { at: number; refused: number }[] = [];
      let [at, ever] = [0, 0];
      rate(0, 0);
      for (const { afterMs, refused } of seen) {
        at += afterMs;
        ever += refused;
        all.push({ at, refused });
        const counted = rate(at, ever);
        const since = (ms: number) =>
          all.filter((one) => one.at > at - ms).reduce((sum, one) => sum + one.refused, 0);
        // A mark is the counter at some look of its minute, so looks 20 minutes apart blur the edge by as much.
        expect(counted).toBeLessThanOrEqual(since(81 * minute));
        expect(counted).toBeGreaterThanOrEqual(since(40 * minute));
      }
    }),
  );
});
