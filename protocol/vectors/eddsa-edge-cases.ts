import { Point } from '@noble/ed25519';
import { sha512 } from '@noble/hashes/sha2.js';
import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js';

// What verifiers of Ed25519 disagree on (Chalkias, Garillot, Nikolaenko: "Taming the many EdDSAs", section 5): small and
// mixed orders of A and R, encodings that are not canonical, S out of range. Built anew, from the group's own arithmetic.

export type EddsaCase = {
  what: string;
  publicKey: Uint8Array;
  message: Uint8Array;
  signature: Uint8Array;
  /** libsodium 1.0.21's verdict */
  valid: boolean;
};

const order = Point.CURVE().n;
const fieldPrime = Point.CURVE().p;
const secretScalar = 0x1234567890abcdef1234567890abcdef1234567890abcdef1234567890abcden;
const secretNonce = 0x0fedcba987654321fedcba987654321fedcba987654321fedcba987654321fen;

const base = (scalar: bigint): Point => Point.BASE.multiplyUnsafe(scalar % order);

/** A point of order 8: what multiplying by the prime order leaves of one that is not in the subgroup. */
const torsion: Point = (() => {
  for (let y = 2; ; y++) {
    const encoding = new Uint8Array(32);
    encoding[0] = y;
    const point = tryDecode(encoding);
    const rest = point && point.multiplyUnsafe(order - 1n).add(point);
    if (rest && !rest.double().double().is0()) return rest;
  }
})();

function tryDecode(encoding: Uint8Array): Point | undefined {
  try {
    return Point.fromBytes(encoding);
  } catch {
    return undefined;
  }
}

/** The eight points of small order, the neutral one first. */
export const smallOrderPoints: Uint8Array[] = Array.from({ length: 8 }, (_, i) =>
  (i === 0 ? Point.ZERO : torsion.multiplyUnsafe(BigInt(i))).toBytes(),
);

/** Every other way to write them: y + p where that fits, and the sign bit on x = 0. */
export const nonCanonicalSmallOrderPoints: Uint8Array[] = [
  '0100000000000000000000000000000000000000000000000000000000000080', // (0, 1) with a sign
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff', // (0, -1) with a sign
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f', // y = p, of order 4
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f', // y = p + 1
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
].map((hex) => hexToBytes(hex));

/** The torsion point i, 0 to 7, added to a point of prime order. */
export function mixedOrder(prime: Uint8Array, i: number): Uint8Array {
  return Point.fromBytes(prime).add(Point.fromBytes(smallOrderPoints[i]!)).toBytes();
}

export function littleEndianBytes(value: bigint): Uint8Array {
  return hexToBytes(value.toString(16).padStart(64, '0')).toReversed();
}

function littleEndian(bytes: Uint8Array): bigint {
  return BigInt(`0x${bytesToHex(bytes.slice().toReversed())}`);
}

const challenge = (r: Uint8Array, a: Uint8Array, message: Uint8Array): bigint =>
  littleEndian(sha512(concatBytes(r, a, message))) % order;

/** The first numbered message for which the signature has the wanted property; some depend on the hash. */
function search(build: (message: Uint8Array) => EddsaCase | undefined): EddsaCase {
  for (let i = 0; i < 1000; i++) {
    const found = build(utf8ToBytes(`message ${i}`));
    if (found !== undefined) return found;
  }
  throw new Error('no message has the property');
}

const residue = (n: bigint, i: number): Point =>
  (n * BigInt(i)) % 8n === 0n ? Point.ZERO : torsion.multiplyUnsafe((n * BigInt(i)) % 8n);

/** A = aB + i·T, R = rB + j·T, S = r + ka: satisfies the equation without the cofactor only where j + k·i = 0 mod 8. */
function mixed(what: string, i: number, j: number, equationHolds: boolean, valid: boolean): EddsaCase {
  const a = base(secretScalar).add(residue(1n, i)).toBytes();
  const r = base(secretNonce).add(residue(1n, j)).toBytes();
  return search((message) => {
    const k = challenge(r, a, message);
    const holds = residue(1n, j).add(residue(k, i)).is0();
    // S·B = R + k·A has the torsion of R + k·A on its right: nought where it holds.
    if (holds !== equationHolds) return undefined;
    const s = (secretNonce + k * secretScalar) % order;
    return { what, publicKey: a, message, signature: concatBytes(r, littleEndianBytes(s)), valid };
  });
}

/** R of small order as it is written in `r`, A of mixed order, S = ka: holds where R + k·i·T = 0. */
function smallR(what: string, r: Uint8Array, i: number, rTorsion: number): EddsaCase {
  const a = base(secretScalar).add(residue(1n, i)).toBytes();
  return search((message) => {
    const k = challenge(r, a, message);
    if (!residue(1n, rTorsion).add(residue(k, i)).is0()) return undefined;
    const signature = concatBytes(r, littleEndianBytes((k * secretScalar) % order));
    return { what, publicKey: a, message, signature, valid: false };
  });
}

/** A of small order as it is written in `a`, R = rB + its share, S = r: anybody can sign with such a key. */
function smallA(
  what: string,
  a: Uint8Array,
  i: number,
  r: Uint8Array,
  rTorsion: number,
  s: bigint,
): EddsaCase {
  return search((message) => {
    if (
      !residue(1n, rTorsion)
        .add(residue(challenge(r, a, message), i))
        .is0()
    )
      return undefined;
    return { what, publicKey: a, message, signature: concatBytes(r, littleEndianBytes(s)), valid: false };
  });
}

function honest(): { publicKey: Uint8Array; message: Uint8Array; r: Uint8Array; s: bigint } {
  const publicKey = base(secretScalar).toBytes();
  const r = base(secretNonce).toBytes();
  const message = utf8ToBytes('message');
  return {
    publicKey,
    message,
    r,
    s: (secretNonce + challenge(r, publicKey, message) * secretScalar) % order,
  };
}

/** y + p for the one small-order point whose y is small enough and whose place among the eight is known: (0, 1). */
const identityTwice = hexToBytes('eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f');

export function eddsaCases(): EddsaCase[] {
  const { publicKey, message, r, s } = honest();
  const sign = (what: string, encodedS: bigint, valid: boolean): EddsaCase => ({
    what,
    publicKey,
    message,
    signature: concatBytes(r, littleEndianBytes(encodedS)),
    valid,
  });
  const rOf = (j: number) => base(secretNonce).add(residue(1n, j)).toBytes();
  const offCurve = littleEndianBytes(fieldPrime - 2n);
  return [
    sign('an honest signature', s, true),
    smallA('A and R of small order, S = 0', smallOrderPoints[1]!, 1, smallOrderPoints[3]!, 3, 0n),
    smallA('A of small order, R mixed', smallOrderPoints[1]!, 1, rOf(2), 2, secretNonce % order),
    smallA('A neutral, R = S·B', smallOrderPoints[0]!, 0, rOf(0), 0, secretNonce % order),
    smallR('A mixed, R of small order', smallOrderPoints[2]!, 1, 2),
    smallR('A mixed, R neutral', smallOrderPoints[0]!, 1, 0),
    mixed('A and R mixed, the equation holds without the cofactor', 1, 3, true, true),
    mixed('A mixed, R of prime order, the equation holds without the cofactor', 1, 0, true, true),
    mixed('A and R mixed, the equation holds only with the cofactor', 1, 3, false, false),
    mixed('A mixed, R of prime order, the equation holds only with the cofactor', 1, 0, false, false),
    mixed('A of prime order, R mixed, the equation holds only with the cofactor', 0, 4, false, false),
    sign('S + L', s + order, false),
    sign('S + 8L', s + 8n * order, false),
    sign('S with its top bit set', s + 2n ** 255n, false),
    sign('S = L', order, false),
    smallR('R neutral, not canonical, hashed as it is written', identityTwice, 1, 0),
    smallA('A neutral, not canonical', identityTwice, 0, rOf(0), 0, secretNonce % order),
    smallA('A neutral with a sign', nonCanonicalSmallOrderPoints[0]!, 0, rOf(0), 0, secretNonce % order),
    { ...sign('R off the curve', s, false), signature: concatBytes(offCurve, littleEndianBytes(s)) },
    { ...sign('A off the curve', s, false), publicKey: offCurve },
    { ...sign('everything zero', 0n, false), signature: new Uint8Array(64), publicKey: new Uint8Array(32) },
    {
      ...sign('everything one', 0n, false),
      signature: new Uint8Array(64).fill(255),
      publicKey: new Uint8Array(32).fill(255),
    },
  ];
}
