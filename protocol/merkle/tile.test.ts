import { describe, expect, test } from 'vitest';
import { tileWidthAt } from './tile.ts';

/** Every tile of a log of `size` entries, as `level: [widths]`, found by asking. */
function widths(size: number, level: number): number[] {
  const found: number[] = [];
  for (let index = 0; tileWidthAt({ level, index }, size) > 0; index++)
    found.push(tileWidthAt({ level, index }, size));
  return found;
}

describe('tileWidthAt', () => {
  // tlog-tiles, "Partial Tiles": the examples of the text.
  test('a tree of 70,000', () => {
    expect(widths(70_000, 0)).toEqual([...new Array(273).fill(256), 112]);
    expect(widths(70_000, 1)).toEqual([256, 17]);
    expect(widths(70_000, 2)).toEqual([1]);
    expect(widths(70_000, 3)).toEqual([]);
  });

  test('a tree of 256', () => {
    expect(widths(256, 0)).toEqual([256]);
    expect(widths(256, 1)).toEqual([1]);
    expect(widths(256, 2)).toEqual([]);
  });

  test('an empty tree has none', () => {
    expect(widths(0, 0)).toEqual([]);
  });

  test('floor(s / 256^l) mod 256 for the last tile, at any size', () => {
    for (const size of [1, 255, 65_535, 65_536, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 40 + 77, 2 ** 53 - 1]) {
      for (let level = 0; level <= 63; level++) {
        const hashes = BigInt(size) / 256n ** BigInt(level);
        const last = Number(hashes / 256n);
        expect(tileWidthAt({ level, index: last }, size)).toBe(Number(hashes % 256n));
        expect(tileWidthAt({ level, index: last + 1 }, size)).toBe(0);
        if (last > 0) expect(tileWidthAt({ level, index: last - 1 }, size)).toBe(256);
      }
    }
  });
});
