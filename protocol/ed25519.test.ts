import { Point } from '@noble/ed25519';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isAcceptablePublicKey, newSecretKey, publicKeyOf, signEd25519, verifyEd25519 } from './ed25519.ts';
import { hexToBytes } from './encoding/bytes.ts';
import {
  eddsaCases,
  littleEndianBytes,
  mixedOrder,
  nonCanonicalSmallOrderPoints,
  smallOrderPoints,
} from './vectors/eddsa-edge-cases.ts';
import rfc8032 from './vectors/rfc8032.json' with { type: 'json' };

const vectors = rfc8032.map(({ name, ...hex }) => ({
  name,
  secretKey: hexToBytes(hex.secretKey),
  publicKey: hexToBytes(hex.publicKey),
  message: hexToBytes(hex.message),
  signature: hexToBytes(hex.signature),
}));
const [, , sample] = vectors;
const { publicKey, message, signature } = sample!;

describe('RFC 8032 section 7.1', () => {
  test.each(vectors)('$name', (vector) => {
    expect(publicKeyOf(vector.secretKey)).toEqual(vector.publicKey);
    expect(signEd25519(vector.secretKey, vector.message)).toEqual(vector.signature);
    expect(verifyEd25519(vector.publicKey, vector.message, vector.signature)).toBe(true);
    expect(isAcceptablePublicKey(vector.publicKey)).toBe(true);
  });
});

describe('verifyEd25519', () => {
  test.each(eddsaCases())('$what: $valid', (one) => {
    expect(verifyEd25519(one.publicKey, one.message, one.signature)).toBe(one.valid);
  });

  test('what was signed verifies, and with any one bit changed does not', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(), (text, at) => {
        const secretKey = newSecretKey();
        const key = publicKeyOf(secretKey);
        const signed = signEd25519(secretKey, text);
        expect(verifyEd25519(key, text, signed)).toBe(true);
        const parts = [key.slice(), text.slice(), signed.slice()] as const;
        const all = [...parts[0], ...parts[1], ...parts[2]].length;
        let bit = at % (all * 8);
        for (const part of parts) {
          if (bit >= 0 && bit < part.length * 8) part[bit >> 3]! ^= 1 << (bit & 7);
          bit -= part.length * 8;
        }
        expect(verifyEd25519(...parts)).toBe(false);
      }),
      { numRuns: 60 },
    );
  });

  test.each([0, 1, 31, 33, 64])('a public key of %i bytes is false, not a throw', (length) => {
    expect(verifyEd25519(new Uint8Array(length), message, signature)).toBe(false);
    expect(isAcceptablePublicKey(new Uint8Array(length))).toBe(false);
  });

  test.each([0, 1, 32, 63, 65, 66, 96, 128])('a signature of %i bytes is false, not a throw', (length) => {
    const resized = new Uint8Array(length);
    resized.set(signature.subarray(0, length));
    expect(verifyEd25519(publicKey, message, resized)).toBe(false);
  });

  test('a view into a larger buffer is read where it lies', () => {
    const buffer = new Uint8Array(200);
    buffer.set(publicKey, 7);
    buffer.set(signature, 100);
    expect(verifyEd25519(buffer.subarray(7, 39), message, buffer.subarray(100, 164))).toBe(true);
  });
});

describe('isAcceptablePublicKey', () => {
  test('the vectors really have eight points of small order', () => {
    expect(new Set(smallOrderPoints.map(String)).size).toBe(8);
    for (const encoding of smallOrderPoints) expect(Point.fromBytes(encoding).isSmallOrder()).toBe(true);
  });

  test('refuses every point of small order, however it is written', () => {
    for (const encoding of [...smallOrderPoints, ...nonCanonicalSmallOrderPoints]) {
      expect(isAcceptablePublicKey(encoding)).toBe(false);
      expect(verifyEd25519(encoding, message, signature)).toBe(false);
    }
  });

  test('refuses every mixed-order neighbour of a good key', () => {
    expect(isAcceptablePublicKey(mixedOrder(publicKey, 0))).toBe(true);
    for (let i = 1; i < 8; i++) expect(isAcceptablePublicKey(mixedOrder(publicKey, i))).toBe(false);
  });

  test('refuses every y of p and over', () => {
    const { p } = Point.CURVE();
    for (let y = p; y < 2n ** 255n; y++) {
      expect(isAcceptablePublicKey(littleEndianBytes(y))).toBe(false);
      expect(isAcceptablePublicKey(littleEndianBytes(y + 2n ** 255n))).toBe(false);
    }
  });

  test('accepts what newSecretKey leads to', () => {
    for (let i = 0; i < 10; i++) expect(isAcceptablePublicKey(publicKeyOf(newSecretKey()))).toBe(true);
  });
});
