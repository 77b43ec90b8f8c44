import fc from 'fast-check';
import { expect, test } from 'vitest';
import { newTokenBucket } from './token-bucket.ts';

test('over any stretch of time no more passes than the burst and what came in', () => {
  const steps = fc.array(fc.record({ take: fc.nat(500), idleMs: fc.nat(5_000) }), { maxLength: 60 });
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1000 }),
      fc.integer({ min: 500, max: 2000 }),
      steps,
      (rate, burst, all) => {
        let now = 0;
        const bucket = newTokenBucket(rate, burst, () => now);
        let spent = 0;
        for (const { take, idleMs } of all) {
          now += idleMs;
          now += bucket.take(take);
          spent += take;
          expect(spent).toBeLessThanOrEqual(burst + (now * rate) / 1000 + 1e-6);
        }
      },
    ),
  );
});

test('an idle bucket lets its burst pass at once, and not twice', () => {
  let now = 0;
  const bucket = newTokenBucket(100, 50, () => now);
  now = 3_600_000;
  expect(bucket.take(50)).toBe(0);
  expect(bucket.take(50)).toBe(500);
});

test('without a rate nobody waits', () => {
  const bucket = newTokenBucket(Infinity, 1, () => 0);
  for (let i = 0; i < 10; i++) expect(bucket.take(1_000_000)).toBe(0);
});
