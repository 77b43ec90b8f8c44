import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Bucket, costOf, fullBucket, take, waitMs } from './token-bucket.ts';

/** A bucket as everybody draws it: a level that goes up with time. Rational, in tokens/1000, so that nothing is rounded. */
function naiveBucket(ratePerSecond: number, burst: number) {
  const capacity = burst * 1000;
  let level = capacity;
  let atMs = 0;
  const refill = (nowMs: number) => {
    level = Math.min(capacity, level + (nowMs - atMs) * ratePerSecond);
    atMs = nowMs;
  };
  return {
    mayTake(nowMs: number, cost: number) {
      refill(nowMs);
      return level >= Math.min(cost * 1000, capacity);
    },
    take(cost: number) {
      level -= cost * 1000;
    },
  };
}

const limit = fc.record({
  ratePerSecond: fc.constantFrom(1, 2, 4, 5, 8, 10, 20, 40, 50, 100, 125, 200, 250, 500, 1000),
  burst: fc.integer({ min: 1, max: 100 }),
});
const tries = fc.array(
  fc.record({ afterMs: fc.integer({ min: 0, max: 3000 }), cost: fc.integer({ min: 1, max: 120 }) }),
  { maxLength: 60 },
);

describe('a token bucket', () => {
  test('lets through exactly what one with a level would', () => {
    fc.assert(
      fc.property(limit, tries, (own, steps) => {
        const naive = naiveBucket(own.ratePerSecond, own.burst);
        let bucket: Bucket = fullBucket;
        let now = 0;
        for (const { afterMs, cost } of steps) {
          now += afterMs;
          const may = waitMs(bucket, now, cost, own) <= 1e-6;
          expect(may).toBe(naive.mayTake(now, cost));
          if (!may) continue;
          bucket = take(bucket, now, cost, own);
          naive.take(cost);
        }
      }),
    );
  });

  test('whoever waits as long as it says may go, and not before', () => {
    fc.assert(
      fc.property(limit, tries, (own, steps) => {
        let bucket: Bucket = fullBucket;
        let now = 0;
        for (const { afterMs, cost } of steps) {
          now += afterMs;
          const wait = waitMs(bucket, now, cost, own);
          if (wait > 0.01) expect(waitMs(bucket, now + wait - 0.01, cost, own)).toBeGreaterThan(0);
          now += wait;
          expect(waitMs(bucket, now, cost, own)).toBeLessThan(1e-6);
          bucket = take(bucket, now, cost, own);
        }
      }),
    );
  });

  test('in no span of time lets through more than its burst, its rate, and one debt', () => {
    fc.assert(
      fc.property(limit, tries, (own, steps) => {
        let bucket: Bucket = fullBucket;
        let now = 0;
        const taken: { at: number; cost: number }[] = [];
        for (const { afterMs, cost } of steps) {
          now += afterMs + waitMs(bucket, now + afterMs, cost, own);
          bucket = take(bucket, now, cost, own);
          taken.push({ at: now, cost });
        }
        for (let from = 0; from < taken.length; from++) {
          let sum = 0;
          for (let to = from; to < taken.length; to++) {
            sum += taken[to]!.cost;
            const spanMs = taken[to]!.at - taken[from]!.at;
            const debt = Math.max(0, taken[to]!.cost - own.burst);
            expect(sum).toBeLessThanOrEqual(own.burst + (spanMs * own.ratePerSecond) / 1000 + debt + 1e-6);
          }
        }
      }),
    );
  });

  test.each([
    [0, 1],
    [1, 1],
    [4096, 1],
    [4097, 2],
    [16 * 1024, 4],
    [256 * 1024, 64],
  ])('%i bytes cost %i', (bytes, cost) => {
    expect(costOf(bytes)).toBe(cost);
  });
});
