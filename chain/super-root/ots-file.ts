import { createHash } from 'node:crypto';
import { getBytes, keccak256 } from 'ethers';
import { bytesToHex, concatBytes, equalBytes, hexToBytes, utf8ToBytes } from '@tianyuan/protocol';
import { ChainError } from '../chain-error.ts';

// The OpenTimestamps format, version 1: a digest, and from it a tree of operations whose leaves are attestations.

/** `argument` of append and prepend only. */
export type Operation = { tag: number; argument?: Uint8Array };

/** Who says that a message existed. A pending one is a calendar's promise, to be asked for the rest later. */
export type Attestation =
  | { kind: 'pending'; uri: string }
  /** the message is the Merkle root, as it is in the header, of the Bitcoin block of this height */
  | { kind: 'bitcoin'; height: number }
  | { kind: 'unknown'; tag: Uint8Array; payload: Uint8Array };

/** What is said of one message: by whom, and of which messages that come of it. */
export type Timestamp = {
  attestations: Attestation[];
  branches: { operation: Operation; next: Timestamp }[];
};

const magic = hexToBytes('004f70656e54696d657374616d7073000050726f6f6600bf89e2e884e89294');
const version = 1;
const operations: Record<number, (message: Uint8Array, argument: Uint8Array) => Uint8Array> = {
  0xf0: (message, argument) => concatBytes(message, argument),
  0xf1: (message, argument) => concatBytes(argument, message),
  0xf2: (message) => message.toReversed(),
  0xf3: (message) => utf8ToBytes(bytesToHex(message)),
  0x02: (message) => hash('sha1', message),
  0x03: (message) => hash('ripemd160', message),
  0x08: (message) => hash('sha256', message),
  0x67: (message) => getBytes(keccak256(message)),
};
export const append = 0xf0;
export const sha256Tag = 0x08;
const takesArgument = new Set([0xf0, 0xf1]);
const attestationTags = { pending: '83dfe30d2ef90c8e', bitcoin: '0588960d73d71901' };

/** Bounds of the reference implementation, and as many branches in all as no honest file has. */
const maxMessageLength = 4096;
const maxPayloadLength = 8192;
const maxUriLength = 1000;
const maxDepth = 256;
const maxNodes = 10_000;

/** The message that an operation makes of another. @throws ChainError OTS */
export function applyOperation({ tag, argument }: Operation, message: Uint8Array): Uint8Array {
  const result = operations[tag]!(message, argument ?? new Uint8Array(0));
  if (result.length > maxMessageLength) throw malformed('a message of more than 4096 bytes');
  return result;
}

/** Every attestation of a message, with the message that it is of. @throws ChainError OTS */
export function attestationsOf(
  message: Uint8Array,
  timestamp: Timestamp,
): { message: Uint8Array; attestation: Attestation; at: Timestamp }[] {
  return [
    ...timestamp.attestations.map((attestation) => ({ message, attestation, at: timestamp })),
    ...timestamp.branches.flatMap(({ operation, next }) =>
      attestationsOf(applyOperation(operation, message), next),
    ),
  ];
}

/** A `.ots` file of a file's SHA-256. */
export function encodeOtsFile(digest: Uint8Array, timestamp: Timestamp): Uint8Array {
  return concatBytes(magic, varuint(version), Uint8Array.of(sha256Tag), digest, encodeTimestamp(timestamp));
}

/** @throws ChainError OTS */
export function decodeOtsFile(bytes: Uint8Array): { digest: Uint8Array; timestamp: Timestamp } {
  const reader = readerOf(bytes);
  if (!equalBytes(reader.take(magic.length), magic)) throw malformed('it does not begin as such a file does');
  if (reader.varuint() !== version) throw malformed('its version is not 1');
  if (reader.byte() !== sha256Tag) throw malformed('its digest is not SHA-256');
  const digest = reader.take(32);
  const timestamp = readTimestamp(reader, digest);
  reader.end();
  return { digest, timestamp };
}

/** A calendar's answer: the timestamp of a message without the message. @throws ChainError OTS */
export function decodeTimestamp(bytes: Uint8Array, message: Uint8Array): Timestamp {
  const reader = readerOf(bytes);
  const timestamp = readTimestamp(reader, message);
  reader.end();
  return timestamp;
}

export function encodeTimestamp({ attestations, branches }: Timestamp): Uint8Array {
  const parts = [
    ...attestations.map((one) => concatBytes(Uint8Array.of(0x00), encodeAttestation(one))),
    ...branches.map(({ operation: { tag, argument }, next }) =>
      concatBytes(
        Uint8Array.of(tag),
        argument === undefined ? none : varbytes(argument),
        encodeTimestamp(next),
      ),
    ),
  ];
  if (parts.length === 0) throw malformed('a timestamp that says nothing');
  return concatBytes(
    ...parts.flatMap((part, i) => (i < parts.length - 1 ? [Uint8Array.of(0xff), part] : [part])),
  );
}

type Reader = ReturnType<typeof readerOf>;

function readTimestamp(reader: Reader, message: Uint8Array, depth = 0): Timestamp {
  if (depth > maxDepth) throw malformed('operations nested too deep');
  const timestamp: Timestamp = { attestations: [], branches: [] };
  for (let more = true; more;) {
    reader.count();
    let tag = reader.byte();
    more = tag === 0xff;
    if (more) tag = reader.byte();
    if (tag === 0x00) timestamp.attestations.push(readAttestation(reader));
    else timestamp.branches.push(readBranch(reader, tag, message, depth));
  }
  return timestamp;
}

function readBranch(reader: Reader, tag: number, message: Uint8Array, depth: number) {
  if (operations[tag] === undefined) throw malformed(`an unknown operation 0x${tag.toString(16)}`);
  const operation: Operation = takesArgument.has(tag)
    ? { tag, argument: reader.varbytes(maxMessageLength) }
    : { tag };
  return { operation, next: readTimestamp(reader, applyOperation(operation, message), depth + 1) };
}

function readAttestation(reader: Reader): Attestation {
  const tag = reader.take(8);
  const payload = reader.varbytes(maxPayloadLength);
  const inner = readerOf(payload);
  switch (bytesToHex(tag)) {
    case attestationTags.pending: {
      const uri = new TextDecoder().decode(inner.varbytes(maxUriLength));
      if (!/^[A-Za-z0-9\-._/:]+$/.test(uri)) throw malformed('a calendar’s address with strange characters');
      inner.end();
      return { kind: 'pending', uri };
    }
    case attestationTags.bitcoin: {
      const height = inner.varuint();
      inner.end();
      return { kind: 'bitcoin', height };
    }
    default:
      return { kind: 'unknown', tag, payload };
  }
}

function encodeAttestation(one: Attestation): Uint8Array {
  switch (one.kind) {
    case 'pending':
      return concatBytes(hexToBytes(attestationTags.pending), varbytes(varbytes(utf8ToBytes(one.uri))));
    case 'bitcoin':
      return concatBytes(hexToBytes(attestationTags.bitcoin), varbytes(varuint(one.height)));
    case 'unknown':
      return concatBytes(one.tag, varbytes(one.payload));
  }
}

function readerOf(bytes: Uint8Array) {
  let at = 0;
  let nodes = 0;
  const take = (length: number): Uint8Array => {
    if (at + length > bytes.length) throw malformed('it ends in the middle');
    at += length;
    return bytes.slice(at - length, at);
  };
  const byte = (): number => take(1)[0]!;
  /** seven bits a byte, the lowest first */
  const readVaruint = (): number => {
    for (let value = 0, factor = 1; ; factor *= 128) {
      const next = byte();
      value += (next & 0x7f) * factor;
      if (!Number.isSafeInteger(value)) throw malformed('a number beyond 2^53 - 1');
      if (next < 0x80) return value;
    }
  };
  return {
    take,
    byte,
    varuint: readVaruint,
    varbytes(max: number): Uint8Array {
      const length = readVaruint();
      if (length > max) throw malformed(`a field of more than ${max} bytes`);
      return take(length);
    },
    count() {
      nodes += 1;
      if (nodes > maxNodes) throw malformed('too many branches');
    },
    end() {
      if (at < bytes.length) throw malformed('something follows its end');
    },
  };
}

const none = new Uint8Array(0);

function varuint(value: number): Uint8Array {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Uint8Array.of(...bytes, rest);
    bytes.push((rest % 128) | 0x80);
  }
}

function varbytes(bytes: Uint8Array): Uint8Array {
  return concatBytes(varuint(bytes.length), bytes);
}

function hash(algorithm: string, message: Uint8Array): Uint8Array {
  return new Uint8Array(createHash(algorithm).update(message).digest());
}

function malformed(why: string): ChainError {
  return new ChainError('OTS', `no OpenTimestamps proof: ${why}`);
}
