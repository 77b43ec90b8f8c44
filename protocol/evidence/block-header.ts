import { RLP } from '@ethereumjs/rlp';
import { keccak_256 } from '@noble/hashes/sha3.js';
import { bytesToHex, equalBytes, hexToBytes } from '../encoding/bytes.ts';
import { ProtocolError } from '../protocol-error.ts';

/** A block's header: its fields in their order, each as the bytes that RLP has of it, and what is read from them. */
export type BlockHeader = {
  fields: readonly Uint8Array[];
  number: number;
  /** Unix seconds */
  time: number;
  /** 32 bytes each */
  parentHash: Uint8Array;
  stateRoot: Uint8Array;
  receiptsRoot: Uint8Array;
  extraData: Uint8Array;
};

const at = {
  parentHash: 0,
  sha3Uncles: 1,
  miner: 2,
  stateRoot: 3,
  transactionsRoot: 4,
  receiptsRoot: 5,
  logsBloom: 6,
  number: 8,
  time: 11,
  extraData: 12,
  mixHash: 13,
  nonce: 14,
} as const;

/** London has 16 fields; later forks have appended five more by now. */
const maxFields = 24;
const minFields = 15;

const emptyTrie = hexToBytes('56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421');

/** What a permissioned chain has in these fields of most blocks: keccak-256 of no uncles, of an empty trie, and zeros. */
const usual = new Map<number, Uint8Array>([
  [at.sha3Uncles, hexToBytes('1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347')],
  [at.miner, new Uint8Array(20)],
  [at.transactionsRoot, emptyTrie],
  [at.receiptsRoot, emptyTrie],
  [at.logsBloom, new Uint8Array(256)],
  [at.mixHash, new Uint8Array(32)],
  [at.nonce, new Uint8Array(8)],
]);

/**
 * A header as evidence has it: the RLP list of its fields, in which an empty string stands for the usual value of those
 * fields that are never empty, and for the parent's hash where the parent is the header before. An empty block of
 * Clique takes some 170 bytes that way and 610 otherwise.
 * @param parentHash 32 bytes, where the bytes may leave it out
 * @throws ProtocolError HEADER
 */
export function decodeHeader(bytes: Uint8Array, parentHash?: Uint8Array): BlockHeader {
  const short = decodeFields(bytes);
  const fields = short.map((field, i) => {
    if (field.length > 0) return field;
    return (i === at.parentHash ? parentHash : usual.get(i)) ?? field;
  });
  const hash = (i: number): Uint8Array => {
    if (fields[i]!.length !== 32) throw new ProtocolError('HEADER', `field ${i} of a header has 32 bytes`);
    return fields[i]!;
  };
  return {
    fields,
    number: readInteger(fields[at.number]!),
    time: readInteger(fields[at.time]!),
    parentHash: hash(at.parentHash),
    stateRoot: hash(at.stateRoot),
    receiptsRoot: hash(at.receiptsRoot),
    extraData: fields[at.extraData]!,
  };
}

/**
 * The short form of a header, see {@link decodeHeader}.
 * @param follows whether the evidence has its parent right before it
 */
export function encodeHeader(fields: readonly Uint8Array[], follows: boolean): Uint8Array {
  const none = new Uint8Array(0);
  return RLP.encode(
    fields.map((field, i) => {
      if (i === at.parentHash) return follows ? none : field;
      const value = usual.get(i);
      return value !== undefined && equalBytes(value, field) ? none : field;
    }),
  );
}

/** keccak-256 over the header's RLP: the block's hash, but under QBFT, where `extraData` is hashed in another form. */
export function hashHeader({ fields }: BlockHeader, extraData?: Uint8Array): Uint8Array {
  const hashed = extraData === undefined ? fields : fields.with(at.extraData, extraData);
  return keccak_256(RLP.encode([...hashed]));
}

function decodeFields(bytes: Uint8Array): Uint8Array[] {
  let decoded: unknown;
  try {
    decoded = RLP.decode(bytes);
  } catch (cause) {
    throw new ProtocolError('HEADER', 'a header that is no RLP', { cause });
  }
  const isHeader =
    Array.isArray(decoded) &&
    decoded.length >= minFields &&
    decoded.length <= maxFields &&
    decoded.every((field) => field instanceof Uint8Array);
  if (!isHeader) throw new ProtocolError('HEADER', 'a header is a list of at least 15 strings');
  // One list has one encoding, so that a changed byte is always a changed header.
  if (!equalBytes(RLP.encode(decoded as Uint8Array[]), bytes)) {
    throw new ProtocolError('HEADER', 'a header that is not canonical RLP');
  }
  return decoded as Uint8Array[];
}

/** @throws ProtocolError HEADER */
function readInteger(bytes: Uint8Array): number {
  const value = bytes.length === 0 ? 0 : Number(`0x${bytesToHex(bytes)}`);
  if (bytes[0] === 0 || !Number.isSafeInteger(value)) {
    throw new ProtocolError('HEADER', 'a number of a header is not canonical or beyond 2^53 - 1');
  }
  return value;
}
