import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bytesToHex, hexToBytes } from '../encoding/bytes.ts';
import { type Entry, clockStates, decodeEntry, encodeEntry, entryKinds, entryLength } from './entry.ts';

const sample: Entry = {
  kind: 'message',
  clock: 'synchronised',
  receivedAt: 0x0102_0304_0506,
  boot: 0x0708_090a,
  sinceBootMs: 0x1a_2b3c_4d5e_6f70,
  payloadHash: hexToBytes('00112233445566778899aabbccddeeff102132435465768798a9bacbdcedfe0f'),
};

const known =
  '01' + // version
  '01' + // kind: message
  '01' + // clock: synchronised
  '00' +
  '0000010203040506' + // receivedAt
  '0708090a' + // boot
  '001a2b3c4d5e6f70' + // sinceBootMs
  '00112233445566778899aabbccddeeff102132435465768798a9bacbdcedfe0f';

const entries = fc.record({
  kind: fc.constantFrom(...(Object.keys(entryKinds) as Entry['kind'][])),
  clock: fc.constantFrom(...(Object.keys(clockStates) as Entry['clock'][])),
  receivedAt: fc.maxSafeNat(),
  boot: fc.nat({ max: 0xffff_ffff }),
  sinceBootMs: fc.maxSafeNat(),
  payloadHash: fc.uint8Array({ minLength: 32, maxLength: 32 }),
});

describe('an entry', () => {
  test('is these 56 bytes', () => {
    expect(bytesToHex(encodeEntry(sample))).toBe(known);
    expect(decodeEntry(hexToBytes(known))).toEqual(sample);
    expect(entryLength).toBe(56);
  });

  test('survives being written and read', () => {
    fc.assert(
      fc.property(entries, (entry) => {
        const bytes = encodeEntry(entry);
        expect(bytes).toHaveLength(56);
        expect(decodeEntry(bytes)).toEqual(entry);
      }),
    );
  });

  test('any 56 bytes are refused, or written again as they were', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 52, maxLength: 52 }),
        fc.nat({ max: 5 }),
        fc.nat({ max: 3 }),
        (rest, kind, clock) => {
          rest[0] = rest[12] = 0; // else nearly every integer is over 2^53
          rest[1]! &= 0x1f;
          rest[13]! &= 0x1f;
          const bytes = Uint8Array.of(1, kind, clock, 0, ...rest);
          const isKnown = kind >= 1 && kind <= 4 && clock <= 2;
          if (!isKnown) expect(() => decodeEntry(bytes)).toThrow(expect.objectContaining({ code: 'ENTRY' }));
          else expect(encodeEntry(decodeEntry(bytes))).toEqual(bytes);
        },
      ),
    );
  });

  test('is read where it lies in a larger buffer, and its hash is a copy', () => {
    const buffer = new Uint8Array(100);
    buffer.set(hexToBytes(known), 13);
    const entry = decodeEntry(buffer.subarray(13, 69));
    buffer.fill(0);
    expect(entry).toEqual(sample);
  });

  test.each([0, 1, 55, 57, 112])('of %i bytes is refused', (length) => {
    expect(() => decodeEntry(new Uint8Array(length).fill(1))).toThrow(
      expect.objectContaining({ code: 'ENTRY' }),
    );
  });

  test.each([
    ['version 0', 0, 0],
    ['version 2', 0, 2],
    ['kind 0', 1, 0],
    ['kind 5', 1, 5],
    ['clock 3', 2, 3],
    ['a reserved byte', 3, 1],
    ['receivedAt over 2^53 - 1', 4, 0x80],
    ['sinceBootMs over 2^53 - 1', 16, 0x01],
  ])('with %s is refused', (_, at, value) => {
    expect(() => decodeEntry(hexToBytes(known).with(at, value))).toThrow(
      expect.objectContaining({ code: 'ENTRY' }),
    );
  });

  // What cannot be written truly must not be written at all: a leaf is for ever.
  test.each([
    ['a negative time', { receivedAt: -1 }],
    ['half a millisecond', { receivedAt: 1.5 }],
    ['no time', { receivedAt: Number.NaN }],
    ['a time of 2^53', { receivedAt: 2 ** 53 }],
    ['a boot over 32 bits', { boot: 2 ** 32 }],
    ['a negative boot', { boot: -1 }],
    ['half a boot', { boot: 0.5 }],
    ['a negative uptime', { sinceBootMs: -1 }],
    ['an uptime with a fraction', { sinceBootMs: 12.25 }],
    ['a short hash', { payloadHash: new Uint8Array(31) }],
    ['a long hash', { payloadHash: new Uint8Array(33) }],
  ])('with %s is not written', (_, change) => {
    expect(() => encodeEntry({ ...sample, ...change })).toThrow(expect.objectContaining({ code: 'ENTRY' }));
  });
});
