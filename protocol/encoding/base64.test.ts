import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeBase64, decodeBase64url, encodeBase64, encodeBase64url } from './base64.ts';
import { utf8ToBytes } from './bytes.ts';

describe('base64', () => {
  // RFC 4648 section 10
  test.each([
    ['', ''],
    ['f', 'Zg=='],
    ['fo', 'Zm8='],
    ['foo', 'Zm9v'],
    ['foob', 'Zm9vYg=='],
    ['fooba', 'Zm9vYmE='],
    ['foobar', 'Zm9vYmFy'],
  ])('%o is %o', (text, encoded) => {
    expect(encodeBase64(utf8ToBytes(text))).toBe(encoded);
    expect(decodeBase64(encoded)).toEqual(utf8ToBytes(text));
    expect(decodeBase64url(encoded.replaceAll('=', ''))).toEqual(utf8ToBytes(text));
  });

  test('any bytes survive, longer than one chunk too', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(encodeBase64(bytes)).toBe(Buffer.from(bytes).toString('base64'));
        expect(decodeBase64(encodeBase64(bytes))).toEqual(bytes);
        expect(encodeBase64url(bytes)).toBe(Buffer.from(bytes).toString('base64url'));
        expect(decodeBase64url(encodeBase64url(bytes))).toEqual(bytes);
      }),
    );
    const long = Uint8Array.from({ length: 0x8000 * 2 + 1 }, (_, i) => i % 251);
    expect(Buffer.from(encodeBase64(long), 'base64').equals(long)).toBe(true);
  });

  test.each([
    'Zg',
    'Zg=',
    'Zg===',
    'Zh==',
    'Zm9=',
    ' Zg==',
    'Zg== ',
    'Zg==\n',
    'Z g==',
    'Zm9v\n',
    'Zg-_',
    'é',
    '田',
    '=',
    '====',
    'Zg==Zg==',
    'Z',
  ])('refuses %o', (text) =>
    expect(() => decodeBase64(text)).toThrow(expect.objectContaining({ code: 'BASE64' })),
  );

  test.each(['Zg==', 'Zh', 'Zm9', 'Z', 'Zg+/', 'Zg ', ' Zg', 'Zg\n', 'é', '='])(
    'base64url refuses %o',
    (text) => expect(() => decodeBase64url(text)).toThrow(expect.objectContaining({ code: 'BASE64' })),
  );

  test('no two texts are the same bytes', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 12 }),
        fc.nat(),
        fc.nat({ max: 127 }),
        (bytes, at, code) => {
          for (const [encode, decode] of [
            [encodeBase64, decodeBase64],
            [encodeBase64url, decodeBase64url],
          ] as const) {
            const text = encode(bytes);
            const i = at % text.length;
            const changed = text.slice(0, i) + String.fromCharCode(code) + text.slice(i + 1);
            if (changed === text) return;
            let decoded: Uint8Array | undefined;
            try {
              decoded = decode(changed);
            } catch {
              continue;
            }
            expect(decoded).not.toEqual(bytes);
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});
