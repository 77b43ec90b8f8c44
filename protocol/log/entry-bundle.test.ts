import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeEntryBundle, encodeEntryBundle } from './entry-bundle.ts';

describe('an entry bundle', () => {
  test('is entries behind big-endian lengths', () => {
    const bytes = Uint8Array.of(0, 2, 0xaa, 0xbb, 0, 0, 0, 1, 0xcc);
    const entries = [Uint8Array.of(0xaa, 0xbb), new Uint8Array(0), Uint8Array.of(0xcc)];
    expect(encodeEntryBundle(entries)).toEqual(bytes);
    expect(decodeEntryBundle(bytes)).toEqual(entries);
    expect(encodeEntryBundle([new Uint8Array(0x1234)]).slice(0, 2)).toEqual(Uint8Array.of(0x12, 0x34));
  });

  test('of nothing is empty', () => {
    expect(encodeEntryBundle([])).toEqual(new Uint8Array(0));
    expect(decodeEntryBundle(new Uint8Array(0))).toEqual([]);
  });

  test('survives being written and read', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 70 }), { maxLength: 20 }), (entries) => {
        expect(decodeEntryBundle(encodeEntryBundle(entries))).toEqual(entries);
      }),
    );
    const longest = [new Uint8Array(65_535).fill(7), Uint8Array.of(1)];
    expect(decodeEntryBundle(encodeEntryBundle(longest)).map((entry) => entry.length)).toEqual([65_535, 1]);
  });

  test('cut anywhere but between entries is refused', () => {
    const bytes = encodeEntryBundle([new Uint8Array(3), new Uint8Array(300), new Uint8Array(56)]);
    const ends = new Set([0, 5, 307, 365]);
    for (let end = 0; end <= bytes.length; end++) {
      const decode = () => decodeEntryBundle(bytes.slice(0, end));
      if (ends.has(end)) expect(decode).not.toThrow();
      else expect(decode).toThrow(expect.objectContaining({ code: 'ENTRY_BUNDLE' }));
    }
  });

  test('cannot hold an entry longer than its length can say', () => {
    expect(() => encodeEntryBundle([new Uint8Array(65_536)])).toThrow(
      expect.objectContaining({ code: 'ENTRY_BUNDLE' }),
    );
  });

  test('its entries are copies', () => {
    const bytes = encodeEntryBundle([Uint8Array.of(1, 2)]);
    const [entry] = decodeEntryBundle(bytes);
    bytes.fill(0);
    expect(entry).toEqual(Uint8Array.of(1, 2));
  });
});
