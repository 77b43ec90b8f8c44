import { hexToBytes, publicKeyOf, signEd25519, verifyEd25519 } from '@tianyuan/protocol';
import {
  eddsaCases,
  littleEndianBytes,
  mixedOrder,
  nonCanonicalSmallOrderPoints,
  smallOrderPoints,
} from '@tianyuan/protocol/vectors/eddsa-edge-cases.ts';
import speccheck from '@tianyuan/protocol/vectors/speccheck-ed25519.json' with { type: 'json' };
import wycheproof from '@tianyuan/protocol/vectors/wycheproof-ed25519.json' with { type: 'json' };
import fc from 'fast-check';
import sodium from 'sodium-native';
import { describe, expect, test } from 'vitest';

// PROTOCOL: one verdict everywhere, libsodium's. The gateway and the trace API ask libsodium, the browser and the
// command line ask our own; were they ever to differ, a log would mean different things to different readers.

const libsodium = (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean =>
  sodium.crypto_sign_verify_detached(signature, message, publicKey);

function expectOneVerdict(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): void {
  const [ours, theirs] = [verifyEd25519, libsodium].map((verify) => verify(publicKey, message, signature));
  if (ours !== theirs) {
    const hex = [publicKey, message, signature].map((bytes) => Buffer.from(bytes).toString('hex'));
    throw new Error(
      `ours ${ours}, libsodium ${theirs}: key ${hex[0]}, message ${hex[1]}, signature ${hex[2]}`,
    );
  }
}

const order = 2n ** 252n + 27742317777372353535851937790883648493n;
const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const oddPoints = [...smallOrderPoints, ...nonCanonicalSmallOrderPoints];

// Wycheproof has signatures of other lengths, which sodium-native takes for a caller's mistake and throws.
const libsodiumOrFalse: typeof libsodium = (publicKey, message, signature) =>
  signature.length === 64 && libsodium(publicKey, message, signature);

type Published = { publicKey: string; message: string; signature: string };
const verdicts = (one: Published): boolean[] => {
  const [publicKey, message, signature] = [one.publicKey, one.message, one.signature].map(hexToBytes);
  return [verifyEd25519, libsodiumOrFalse].map((verify) => verify(publicKey!, message!, signature!));
};

describe('published vectors', () => {
  test.each(wycheproof)('Wycheproof $id $comment: $valid', (one) => {
    expect(verdicts(one)).toEqual([one.valid, one.valid]);
  });

  test.each(speccheck)('Taming the many EdDSAs, case $case, $what: $libsodium', (one) => {
    expect(verdicts(one)).toEqual([one.libsodium, one.libsodium]);
  });
});

describe('verifyEd25519 and libsodium', () => {
  test.each(eddsaCases())('$what: both say $valid', ({ publicKey, message, signature, valid }) => {
    expect(libsodium(publicKey, message, signature)).toBe(valid);
    expect(verifyEd25519(publicKey, message, signature)).toBe(valid);
  });

  test('agree on honest signatures, and on them with bits changed', () => {
    fc.assert(
      fc.property(
        bytes(32),
        fc.uint8Array({ maxLength: 200 }),
        fc.array(fc.nat({ max: 767 }), { maxLength: 2 }),
        (seed, message, bits) => {
          const [publicKey, signature] = [publicKeyOf(seed), signEd25519(seed, message)];
          for (const bit of bits) {
            const [part, at] = bit < 512 ? [signature, bit] : [publicKey, bit - 512];
            part[at >> 3]! ^= 1 << (at & 7);
          }
          expectOneVerdict(publicKey, message, signature);
        },
      ),
      { numRuns: 120 },
    );
  });

  test('agree on keys and on R with torsion added', () => {
    fc.assert(
      fc.property(bytes(32), bytes(8), fc.nat({ max: 7 }), fc.nat({ max: 7 }), (seed, message, i, j) => {
        const signature = signEd25519(seed, message);
        signature.set(mixedOrder(signature.slice(0, 32), j));
        expectOneVerdict(mixedOrder(publicKeyOf(seed), i), message, signature);
      }),
      { numRuns: 60 },
    );
  });

  test('agree on odd points in the place of A and of R', () => {
    const seed = new Uint8Array(32).fill(7);
    const message = new Uint8Array(4);
    const honest = signEd25519(seed, message);
    for (const point of oddPoints) {
      for (const s of [new Uint8Array(32), honest.slice(32), littleEndianBytes(1n)]) {
        const signature = Uint8Array.of(...point, ...s);
        expectOneVerdict(publicKeyOf(seed), message, signature);
        expectOneVerdict(point, message, signature);
        expectOneVerdict(point, message, Uint8Array.of(...honest.slice(0, 32), ...s));
      }
    }
  });

  // 2^255 - 19 and what lies around it: encodings that are just canonical, and those that just are not.
  const p = 2n ** 255n - 19n;
  const edgeEncodings = [...Array(20).keys()]
    .flatMap((i) => [BigInt(i), p - 10n + BigInt(i), 2n ** 255n - 1n - BigInt(i)])
    .flatMap((y) => [littleEndianBytes(y), littleEndianBytes(y + 2n ** 255n)]);

  test('agree on every encoding at the edges of the field, in the place of A and of R', () => {
    const seed = new Uint8Array(32).fill(3);
    const [publicKey, message] = [publicKeyOf(seed), new Uint8Array(5)];
    const honest = signEd25519(seed, message);
    for (const encoding of edgeEncodings) {
      for (const s of [honest.slice(32), littleEndianBytes(0n)]) {
        expectOneVerdict(publicKey, message, Uint8Array.of(...encoding, ...s));
        expectOneVerdict(encoding, message, Uint8Array.of(...honest.slice(0, 32), ...s));
      }
    }
  });

  test('agree on keys, R and S malformed together', () => {
    const malform = fc.record({
      torsion: fc.nat({ max: 7 }),
      odd: fc.option(fc.constantFrom(...oddPoints, ...edgeEncodings), { freq: 4 }),
      flip: fc.option(fc.nat({ max: 255 }), { freq: 4 }),
    });
    const apply = (
      point: Uint8Array,
      { torsion, odd, flip }: { torsion: number; odd: Uint8Array | null; flip: number | null },
    ) => {
      const changed = Uint8Array.from(odd ?? mixedOrder(point, torsion));
      if (flip !== null) changed[flip >> 3]! ^= 1 << (flip & 7);
      return changed;
    };
    const scalars = fc.oneof(
      fc.constant((s: bigint) => s),
      fc.constantFrom(1n, 2n, 15n).map((n) => (s: bigint) => s + n * order),
      fc.constantFrom(0n, 1n, order - 1n, order, 2n ** 256n - 1n).map((n) => () => n),
      fc.constant((s: bigint) => order - s),
    );
    fc.assert(
      fc.property(bytes(32), bytes(6), malform, malform, scalars, (seed, message, a, r, change) => {
        const honest = signEd25519(seed, message);
        const s = change(BigInt(`0x${Buffer.from(honest.slice(32).toReversed()).toString('hex')}`));
        const signature = Uint8Array.of(
          ...apply(honest.slice(0, 32), r),
          ...littleEndianBytes(s % 2n ** 256n),
        );
        expectOneVerdict(apply(publicKeyOf(seed), a), message, signature);
      }),
      { numRuns: 200 },
    );
  });

  test('agree on signatures of every length', () => {
    const seed = new Uint8Array(32).fill(4);
    const honest = signEd25519(seed, new Uint8Array(1));
    for (let length = 0; length <= 130; length++) {
      const signature = new Uint8Array(length);
      signature.set(honest.subarray(0, length));
      const all = [verifyEd25519, libsodiumOrFalse].map((verify) =>
        verify(publicKeyOf(seed), new Uint8Array(1), signature),
      );
      expect(all).toEqual([length === 64, length === 64]);
    }
  });

  test('agree on S out of range', () => {
    const seed = new Uint8Array(32).fill(9);
    const message = new Uint8Array(4);
    const honest = signEd25519(seed, message);
    const s = BigInt(`0x${Buffer.from(honest.slice(32).toReversed()).toString('hex')}`);
    for (const n of [
      s,
      order - s,
      s + order,
      s + 2n * order,
      s + 15n * order,
      0n,
      order - 1n,
      order,
      order + 1n,
      2n ** 256n - 1n,
    ]) {
      if (n >= 2n ** 256n) continue;
      expectOneVerdict(
        publicKeyOf(seed),
        message,
        Uint8Array.of(...honest.slice(0, 32), ...littleEndianBytes(n)),
      );
    }
  });

  test('agree on noise', () => {
    fc.assert(
      fc.property(bytes(32), bytes(32), bytes(64), (publicKey, message, signature) => {
        signature[63]! &= 0x0f; // else nearly every S is out of range
        expectOneVerdict(publicKey, message, signature);
      }),
      { numRuns: 120 },
    );
  });
});
