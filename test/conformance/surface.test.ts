import * as protocol from '@tianyuan/protocol';
import { makeSample } from '@tianyuan/protocol/vectors/sample-bundle.ts';
import { consistencyCases, inclusionCases } from '@tianyuan/protocol/vectors/merkle-cases.ts';
import { describe, expect, expectTypeOf, test } from 'vitest';

// PROTOCOL section 6: what tools outside the project call. A name, a parameter or a verdict that changes here breaks
// somebody whom we have never met.

const hash = (hex: string) => protocol.hexToBytes(hex);
const hashes = (hex: string) => (hex.match(/.{64}/g) ?? []).map(hash);
const zeros = (length: number) => new Uint8Array(length);

describe('the surface of the protocol', () => {
  test('has the names and the types that it promises', () => {
    expectTypeOf(protocol.leafHash).toEqualTypeOf<(entry: Uint8Array) => Uint8Array>();
    expectTypeOf(protocol.nodeHash).toEqualTypeOf<(left: Uint8Array, right: Uint8Array) => Uint8Array>();
    expectTypeOf(protocol.verifyInclusion).toEqualTypeOf<
      (p: {
        index: number;
        size: number;
        leafHash: Uint8Array;
        proof: Uint8Array[];
        root: Uint8Array;
      }) => boolean
    >();
    expectTypeOf(protocol.verifyConsistency).toEqualTypeOf<
      (p: {
        size1: number;
        size2: number;
        root1: Uint8Array;
        root2: Uint8Array;
        proof: Uint8Array[];
      }) => boolean
    >();
    expectTypeOf(protocol.verifyEd25519).toEqualTypeOf<
      (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array) => boolean
    >();
    expectTypeOf(protocol.canonicalize).toEqualTypeOf<(value: unknown) => string>();
    expectTypeOf(protocol.parseCheckpoint).returns.toExtend<{
      origin: string;
      size: number;
      root: Uint8Array;
    }>();
    expectTypeOf(protocol.verifyBundle).toExtend<
      (
        bundle: unknown,
        policy: protocol.TrustPolicy,
      ) => Promise<{ verdict: 'valid' | 'invalid' | 'incomplete'; checks: protocol.Check[] }>
    >();
    for (const name of [
      'leafHash',
      'nodeHash',
      'verifyInclusion',
      'verifyConsistency',
      'verifyEd25519',
      'canonicalize',
      'parseCheckpoint',
      'verifyBundle',
    ]) {
      expect(protocol).toHaveProperty(name, expect.any(Function));
    }
  });

  test("leafHash and nodeHash are RFC 6962's", () => {
    expect(protocol.bytesToHex(protocol.leafHash(zeros(0)))).toBe(
      '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
    );
    const [a, b] = [protocol.leafHash(zeros(0)), protocol.leafHash(zeros(1))];
    expect(protocol.bytesToHex(protocol.nodeHash(a, b))).toBe(
      'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
    );
  });

  test('verifyInclusion decides every published shape of proof', () => {
    for (const { index, size, leafHash, proof, root, valid, what } of inclusionCases()) {
      const got = protocol.verifyInclusion({
        index,
        size,
        leafHash: hash(leafHash),
        proof: hashes(proof),
        root: hash(root),
      });
      expect(`${what}: ${got}`).toBe(`${what}: ${valid}`);
    }
  });

  test('verifyConsistency decides every published shape of proof, and wants 0 < size1 <= size2', () => {
    for (const { size1, size2, root1, root2, proof, valid, what } of consistencyCases()) {
      const got = protocol.verifyConsistency({
        size1,
        size2,
        root1: hash(root1),
        root2: hash(root2),
        proof: hashes(proof),
      });
      expect(`${what}: ${got}`).toBe(`${what}: ${valid}`);
    }
    const root = protocol.leafHash(zeros(0));
    expect(
      protocol.verifyConsistency({ size1: 0, size2: 1, root1: protocol.emptyRoot(), root2: root, proof: [] }),
    ).toBe(false);
    expect(protocol.verifyConsistency({ size1: 0, size2: 0, root1: root, root2: root, proof: [] })).toBe(
      false,
    );
    expect(protocol.verifyConsistency({ size1: 2, size2: 1, root1: root, root2: root, proof: [] })).toBe(
      false,
    );
  });

  test('malformed lengths are false, never a throw', () => {
    for (const length of [0, 31, 33]) {
      const wrong = zeros(length);
      expect(protocol.verifyInclusion({ index: 0, size: 1, leafHash: wrong, proof: [], root: wrong })).toBe(
        false,
      );
      expect(
        protocol.verifyInclusion({ index: 0, size: 2, leafHash: zeros(32), proof: [wrong], root: zeros(32) }),
      ).toBe(false);
      expect(protocol.verifyConsistency({ size1: 1, size2: 1, root1: wrong, root2: wrong, proof: [] })).toBe(
        false,
      );
      expect(
        protocol.verifyConsistency({
          size1: 1,
          size2: 2,
          root1: zeros(32),
          root2: zeros(32),
          proof: [wrong],
        }),
      ).toBe(false);
      expect(protocol.verifyEd25519(wrong, zeros(0), zeros(64))).toBe(false);
    }
    for (const length of [0, 63, 65, 96])
      expect(protocol.verifyEd25519(zeros(32), zeros(0), zeros(length))).toBe(false);
  });

  test("canonicalize is RFC 8785's", () => {
    expect(protocol.canonicalize({ b: [1e30, 4.5, 2e-3], a: '€' })).toBe('{"a":"€","b":[1e+30,4.5,0.002]}');
  });

  test('parseCheckpoint takes a note apart', () => {
    const { bundle } = makeSample();
    const note = bundle.tlogProof.slice(bundle.tlogProof.indexOf('\n\n') + 2);
    const { origin, size, root, signatures } = protocol.parseCheckpoint(note);
    expect({ origin, size, rootLength: root.length, signatures: signatures.length }).toEqual({
      origin: 'gw-7.farm-3.example',
      size: 7,
      rootLength: 32,
      signatures: 2,
    });
  });

  test('verifyBundle judges', async () => {
    const { bundle, policy } = makeSample();
    expect((await protocol.verifyBundle(bundle, policy)).verdict).toBe('valid');
    expect((await protocol.verifyBundle({ ...bundle, entry: '' }, policy)).verdict).toBe('invalid');
    expect((await protocol.verifyBundle(undefined, policy)).verdict).toBe('incomplete');
  });

  test('a native SHA-256 under it changes no hash', async () => {
    const { hash: native } = await import('node:crypto');
    const entry = protocol.utf8ToBytes('entry');
    const portable = protocol.leafHash(entry);
    protocol.provideSha256((message) => native('sha256', message, 'buffer'));
    const provided = protocol.leafHash(entry);
    expect(protocol.equalBytes(provided, portable)).toBe(true);
    expect(
      protocol.verifyInclusion({ index: 0, size: 1, leafHash: provided, proof: [], root: portable }),
    ).toBe(true);
  });
});
