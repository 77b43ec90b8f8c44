import { ProtocolError } from '../protocol-error.ts';

export const entryLength = 56;

export const entryKinds = { message: 1, tombstone: 2, statement: 3, equivocation: 4 } as const;
export type EntryKind = keyof typeof entryKinds;

/** How good the gateway's wall clock was when it wrote `receivedAt`. */
export const clockStates = { unknown: 0, synchronised: 1, holdover: 2 } as const;
export type ClockState = keyof typeof clockStates;

/** What is logged: it commits to a payload without containing it. */
export type Entry = {
  kind: EntryKind;
  clock: ClockState;
  /** the gateway's wall clock, Unix ms */
  receivedAt: number;
  /** the gateway's boot count */
  boot: number;
  /** monotonic ms since that boot */
  sinceBootMs: number;
  /** SHA-256 of the payload, 32 bytes */
  payloadHash: Uint8Array;
};

const kindByNumber = new Map<number, EntryKind>(
  Object.entries(entryKinds).map(([name, n]) => [n, name as EntryKind]),
);
const clockByNumber = new Map<number, ClockState>(
  Object.entries(clockStates).map(([name, n]) => [n, name as ClockState]),
);

/**
 * 56 bytes, big-endian: version 1, kind, clock, 0, receivedAt (8), boot (4), sinceBootMs (8), payloadHash (32).
 * @throws ProtocolError ENTRY for what these bytes cannot say: a leaf is for ever, so nothing is cut to fit
 */
export function encodeEntry(entry: Entry): Uint8Array {
  if (entry.payloadHash.length !== 32) {
    throw new ProtocolError('ENTRY', `a payload hash has 32 bytes, this one ${entry.payloadHash.length}`);
  }
  const bytes = new Uint8Array(entryLength);
  const view = new DataView(bytes.buffer);
  bytes[0] = 1;
  bytes[1] = entryKinds[entry.kind];
  bytes[2] = clockStates[entry.clock];
  writeUint64(view, 4, entry.receivedAt);
  writeUint32(view, 12, entry.boot);
  writeUint64(view, 16, entry.sinceBootMs);
  bytes.set(entry.payloadHash, 24);
  return bytes;
}

/** @throws ProtocolError ENTRY */
export function decodeEntry(bytes: Uint8Array): Entry {
  if (bytes.length !== entryLength) {
    throw new ProtocolError('ENTRY', `an entry has 56 bytes, this one ${bytes.length}`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const kind = kindByNumber.get(bytes[1]!);
  const clock = clockByNumber.get(bytes[2]!);
  if (bytes[0] !== 1 || bytes[3] !== 0 || kind === undefined || clock === undefined) {
    throw new ProtocolError(
      'ENTRY',
      `no entry of version 1: its header is ${bytes.subarray(0, 4).join(' ')}`,
    );
  }
  return {
    kind,
    clock,
    receivedAt: readUint64(view, 4),
    boot: view.getUint32(12),
    sinceBootMs: readUint64(view, 16),
    payloadHash: bytes.slice(24),
  };
}

function writeUint32(view: DataView, offset: number, value: number): void {
  if (value >>> 0 !== value) throw new ProtocolError('ENTRY', `not an unsigned 32-bit integer: ${value}`);
  view.setUint32(offset, value);
}

function writeUint64(view: DataView, offset: number, value: number): void {
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new ProtocolError('ENTRY', `not an integer from 0 to 2^53 - 1: ${value}`);
  }
  view.setUint32(offset, Math.floor(value / 2 ** 32));
  view.setUint32(offset + 4, value % 2 ** 32);
}

function readUint64(view: DataView, offset: number): number {
  const value = view.getUint32(offset) * 2 ** 32 + view.getUint32(offset + 4);
  if (!Number.isSafeInteger(value)) {
    throw new ProtocolError('ENTRY', 'an integer of the entry is over 2^53 - 1');
  }
  return value;
}
