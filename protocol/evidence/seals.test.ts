import { expect, test } from 'vitest';
import { decodeBase64, encodeBase64 } from '../encoding/base64.ts';
import { bytesToHex, hexToBytes } from '../encoding/bytes.ts';
import { ProtocolError } from '../protocol-error.ts';
import besu from '../vectors/besu-qbft.json' with { type: 'json' };
import clique from '../vectors/clique-evidence.json' with { type: 'json' };
import { decodeHeader, encodeHeader, hashHeader } from './block-header.ts';
import { recoverSealer } from './clique.ts';
import { hashQbftBlock, recoverCommitters } from './qbft.ts';
import { cliqueMajority, qbftQuorum, validatorsAt, validatorsSchema } from './validators.ts';

test('a real Besu block: its commit seals are of three of its four validators', () => {
  const header = decodeHeader(hexToBytes(besu.header));
  expect([header.number, header.time, bytesToHex(header.stateRoot)]).toEqual([
    besu.number,
    besu.time,
    besu.stateRoot,
  ]);
  const committers = recoverCommitters(header);
  expect(new Set(committers).size).toBe(3);
  expect(besu.validators).toEqual(expect.arrayContaining(committers));
});

test('the hash that Besu seals is neither the block’s nor that of the header as it is', () => {
  const header = decodeHeader(hexToBytes(besu.header));
  const hashes = [hashHeader(header), hashQbftBlock(header), hexToBytes(besu.commitHash)];
  expect(new Set(hashes.map(bytesToHex)).size).toBe(3); // the block was made in round 1
});

test('real geth blocks link by their hashes, and each is sealed by one of the signers', () => {
  const { evidence, blockHash } = clique.bundle.anchor;
  const signers = clique.policy.chain.validators.sets[0]!.addresses;
  let parent: Uint8Array | undefined;
  const sealers = evidence.headers.map((text) => {
    const header = decodeHeader(decodeBase64(text), parent);
    parent = hashHeader(header);
    return recoverSealer(header);
  });
  expect(signers).toEqual(expect.arrayContaining(sealers));
  expect(`0x${bytesToHex(hashHeader(decodeHeader(decodeBase64(evidence.headers[0]!))))}`).toBe(blockHash);
});

test('the short form of a header stands for the header, and a header has one short form', () => {
  const long = hexToBytes(besu.header);
  const header = decodeHeader(long);
  const short = encodeHeader(header.fields, false);
  expect(short.length).toBeLessThan(long.length - 256);
  expect(decodeHeader(short)).toEqual(header);
  const child = encodeHeader(header.fields, true);
  expect(decodeHeader(child, header.parentHash)).toEqual(header);
  expect(() => decodeHeader(child)).toThrow('32 bytes');
  expect(encodeBase64(encodeHeader(decodeHeader(short).fields, false))).toBe(encodeBase64(short));
});

test('what is no header is refused', () => {
  const long = hexToBytes(besu.header);
  for (const bytes of [
    new Uint8Array(0),
    Uint8Array.of(0x80),
    Uint8Array.of(0xc0),
    long.subarray(0, -1),
    new Uint8Array([...long, 0]),
  ]) {
    expect(() => decodeHeader(bytes)).toThrow(ProtocolError);
  }
});

test('quorums are those of the two algorithms', () => {
  expect([1, 2, 3, 4, 5, 6, 7, 10].map(qbftQuorum)).toEqual([1, 2, 2, 3, 4, 4, 5, 7]);
  expect([1, 2, 3, 4, 5, 6, 7].map(cliqueMajority)).toEqual([1, 2, 2, 3, 3, 4, 4]);
});

test('the validators of a block are the newest set that began by then', () => {
  const [one, two] = [`0x${'11'.repeat(20)}`, `0x${'AB'.repeat(20)}`];
  const sets = [
    { fromBlock: 10, addresses: [one] },
    { fromBlock: 20, addresses: [two] },
  ];
  const validators = validatorsSchema.parse({ consensus: 'qbft', sets });
  expect([9, 10, 19, 20].map((block) => [...(validatorsAt(validators, block) ?? [])])).toEqual([
    [],
    [one],
    [one],
    [two.toLowerCase()],
  ]);
  expect(validatorsSchema.safeParse({ consensus: 'qbft', sets: sets.toReversed() }).success).toBe(false);
});
