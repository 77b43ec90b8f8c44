import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseEnvironment } from './choose-environment.ts';

const split = (environment: string, basisPoints: number, prefixes: string[] = [], on = true) => ({
  environment,
  on,
  basisPoints,
  prefixes,
});
const codes = fc.stringMatching(/^[A-Za-z0-9]{8,64}$/);

describe('a code', () => {
  it('goes to the primary environment where nothing else is on, and by its prefix before any share', () => {
    const gray = split('gray', 0, ['3607']);
    expect(chooseEnvironment({ primary: 'p', splits: [gray] }, '36070220')).toBe('gray');
    expect(chooseEnvironment({ primary: 'p', splits: [gray] }, '36080220')).toBe('p');
    expect(chooseEnvironment({ primary: 'p', splits: [{ ...gray, on: false }] }, '36070220')).toBe('p');
    expect(chooseEnvironment({ primary: 'p', splits: [split('other', 10_000), gray] }, '36070220')).toBe(
      'gray',
    );
  });

  it('stays where it is while a share grows', () => {
    fc.assert(
      fc.property(codes, fc.nat({ max: 10_000 }), fc.nat({ max: 10_000 }), (code, a, b) => {
        const at = (share: number) =>
          chooseEnvironment({ primary: 'p', splits: [split('gray', share)] }, code);
        if (at(Math.min(a, b)) === 'gray') expect(at(Math.max(a, b))).toBe('gray');
      }),
    );
  });

  it('is shared out as the percentages say', () => {
    const splits = [split('a', 1_000), split('b', 3_000)];
    const counts: Record<string, number> = { a: 0, b: 0, p: 0 };
    for (let index = 0; index < 10_000; index++)
      counts[chooseEnvironment({ primary: 'p', splits }, `CODE${index}`)]! += 1;
    // Four standard deviations of 10,000 draws.
    expect(Math.abs(counts['a']! - 1_000)).toBeLessThan(120);
    expect(Math.abs(counts['b']! - 3_000)).toBeLessThan(184);
  });
});
