import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nationalFaults } from './fault.ts';
import { judgeFreshness, liveForMs } from './judge-freshness.ts';
import { type Outcome, mayBringForward, nextAttempt } from './next-attempt.ts';

const outcomes: Outcome[] = ['record', ...nationalFaults];

describe('live', () => {
  it('is what everything speaks for: the last word, the last attempt, the age, and that it is now', () => {
    const good = {
      word: { outcome: 'record' as const, at: 1_000 },
      isFollowed: false,
      isPast: false,
      now: 1_000,
    };
    expect(judgeFreshness({ ...good, attempt: 'record' })).toBe('live');
    expect(judgeFreshness({ ...good, attempt: 'changed' })).toBe('live');
    expect(judgeFreshness({ ...good, attempt: undefined })).toBe('live');
    fc.assert(
      fc.property(
        fc.record({
          word: fc.option(
            fc.record({ outcome: fc.constantFrom('record' as const, 'unknown-code' as const), at: fc.nat() }),
            { nil: undefined },
          ),
          isFollowed: fc.boolean(),
          attempt: fc.option(fc.constantFrom(...outcomes), { nil: undefined }),
          isPast: fc.boolean(),
          now: fc.nat(),
        }),
        (standing) => {
          const { word, isFollowed, attempt, isPast, now } = standing;
          const state = judgeFreshness(standing);
          if (word === undefined) expect(state).toBe('none');
          if (state !== 'live') return;
          expect(word).toMatchObject({ outcome: 'record' });
          expect([isFollowed, isPast]).toEqual([false, false]);
          expect(['record', 'changed', undefined]).toContain(attempt);
          expect(now - word!.at).toBeGreaterThanOrEqual(0);
          expect(now - word!.at).toBeLessThanOrEqual(liveForMs);
        },
      ),
    );
  });
});

describe('the next attempt', () => {
  const hour = 3_600_000;

  it('is after the interval where the platform answered, and soon but ever later where something is out of order', () => {
    expect(nextAttempt('record', 0, 0, hour)).toBe(hour);
    expect(nextAttempt('unknown-code', 5, 0, hour)).toBe(hour);
    expect([1, 2, 3, 6, 7, 1_000].map((failures) => nextAttempt('slow', failures, 0, hour) / 60_000)).toEqual(
      [1, 2, 4, 32, 60, 60],
    );
  });

  it('is never in the past and never after the interval', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...outcomes),
        fc.integer({ min: 1, max: 10_000 }),
        fc.nat(),
        fc.integer({ min: 1_000, max: hour }),
        (outcome, failures, now, intervalMs) => {
          const next = nextAttempt(outcome, failures, now, intervalMs);
          expect(next).toBeGreaterThan(now);
          expect(next).toBeLessThanOrEqual(now + intervalMs);
        },
      ),
    );
  });

  it('may be brought forward, but not within half a minute', () => {
    expect(mayBringForward(undefined, 0)).toBe(true);
    expect(mayBringForward(1_000, 30_999)).toBe(false);
    expect(mayBringForward(1_000, 31_000)).toBe(true);
    expect(mayBringForward(1_000, 0)).toBe(true); // the clock went back
  });
});
