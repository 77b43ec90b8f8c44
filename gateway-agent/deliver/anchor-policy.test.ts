import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type AnchorPolicy, type AnchorSituation, anchorCause, nextDueMs } from './anchor-policy.ts';

const hour = 3_600_000;
const noon = new Date(2026, 10, 24, 12).getTime();
const never: AnchorPolicy = {
  intervalMs: 0,
  everyEntries: undefined,
  dailyAt: undefined,
  urgentGapMs: 0,
};
const grown: AnchorSituation = {
  size: 100,
  anchored: 90,
  sinceAnchorMs: hour,
  anchoredAt: noon - hour,
  now: noon,
  urgent: [],
};

describe('an anchor is due', () => {
  test('every so many entries', () => {
    expect(anchorCause({ ...never, everyEntries: 10 }, grown)).toBe('10 entries');
    expect(anchorCause({ ...never, everyEntries: 11 }, grown)).toBeUndefined();
  });

  test('every so long, and at a start, of which nobody knows how long it was away', () => {
    expect(anchorCause({ ...never, intervalMs: hour }, grown)).toBeDefined();
    expect(anchorCause({ ...never, intervalMs: hour + 1 }, grown)).toBeUndefined();
    expect(anchorCause({ ...never, intervalMs: hour }, { ...grown, sinceAnchorMs: Infinity })).toBeDefined();
    expect(anchorCause(never, { ...grown, sinceAnchorMs: Infinity })).toBeUndefined();
  });

  test('at the daily close, once, and later where the gateway slept through it', () => {
    const at = (h: number, minute = 0): AnchorPolicy => ({ ...never, dailyAt: { hour: h, minute } });
    expect(anchorCause(at(12), grown)).toBe('the daily close');
    expect(anchorCause(at(12), { ...grown, anchoredAt: noon })).toBeUndefined();
    expect(anchorCause(at(12, 1), grown)).toBeUndefined(); // in a minute
    expect(anchorCause(at(12, 1), { ...grown, anchoredAt: noon - 24 * hour })).toBe('the daily close'); // yesterday's
    expect(nextDueMs(at(12, 1), grown)).toBe(60_000);
    expect(nextDueMs(at(11), grown)).toBe(23 * hour);
  });

  test('at once for who asks for it, whatever the policy', () => {
    expect(anchorCause(never, { ...grown, urgent: ['the cold chain broke', 'batch b is closed'] })).toBe(
      'the cold chain broke; batch b is closed',
    );
  });

  test('for who asks for it all the time, with the gap between two of them', () => {
    const asked = { ...grown, urgent: ['batch b is closed'], sinceAnchorMs: 9_999 };
    const policy = { ...never, urgentGapMs: 10_000 };
    expect(anchorCause(policy, asked)).toBeUndefined();
    expect(nextDueMs(policy, asked)).toBe(1);
    expect(anchorCause(policy, { ...asked, sinceAnchorMs: 10_000 })).toBe('batch b is closed');
    expect(anchorCause({ ...policy, everyEntries: 10 }, asked)).toBe('10 entries');
    expect(nextDueMs(policy, { ...asked, urgent: [] })).toBe(Infinity);
  });

  test('never for a log that has not grown', () => {
    const all: AnchorPolicy = {
      urgentGapMs: 0,
      intervalMs: 1,
      everyEntries: 1,
      dailyAt: { hour: 12, minute: 0 },
    };
    const situation = { ...grown, anchored: 100, urgent: ['now'], sinceAnchorMs: Infinity };
    expect(anchorCause(all, situation)).toBeUndefined();
    expect(nextDueMs(all, situation)).toBe(Infinity);
  });
});

test('what is not due is due after nextDueMs, and not before, as far as time decides', () => {
  const policies = fc.record({
    intervalMs: fc.nat(100_000),
    everyEntries: fc.constant(undefined),
    urgentGapMs: fc.nat(100_000),
    dailyAt: fc.option(fc.record({ hour: fc.nat(23), minute: fc.nat(59) }), { nil: undefined }),
  });
  const situations = fc.record({
    urgent: fc.constantFrom([], ['an alarm']),
    sinceAnchorMs: fc.nat(100_000),
    ago: fc.nat(48 * hour),
    now: fc.nat(365 * 24 * hour),
  });
  fc.assert(
    fc.property(policies, situations, (policy, { sinceAnchorMs, ago, now, urgent }) => {
      const start = noon + now;
      const after = (ms: number): AnchorSituation => ({
        ...grown,
        urgent,
        sinceAnchorMs: sinceAnchorMs + ms,
        anchoredAt: start - ago,
        now: start + ms,
      });
      const ms = nextDueMs(policy, after(0));
      if (ms === Infinity) return;
      expect(anchorCause(policy, after(ms))).toBeDefined();
      if (ms > 0) expect(anchorCause(policy, after(ms - 1))).toBeUndefined();
    }),
  );
});
