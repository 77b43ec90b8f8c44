import { hash } from 'node:crypto';
import {
  type Entry,
  type Message,
  type ParsedMessage,
  ProtocolError,
  bodyOf,
  decodeEntry,
  equalBytes,
  isInRange,
  isPossibleTime,
  isRotationProven,
  logIdHex,
  parseMessage,
} from '@tianyuan/protocol';
import type { Flag } from './flag.ts';

/** An enrolled key as it is needed to judge a message. `id` is the mirror's number for it. */
export type EnrolledKey = { id: number; publicKey: Uint8Array };

export type VerifySignature = (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array) => boolean;

/** What can be said of an entry from its bytes and its payload's alone. */
export type Examined =
  /** a statement or a tombstone: the gateway's own, under the checkpoint's signature only */
  | { state: 'own' }
  | { state: 'flagged'; flag: Flag; kind: Entry['kind'] | undefined; keepPayload: boolean }
  | { state: 'message'; entry: Entry; parsed: ParsedMessage; sender: Sender };

/** Whose key should have signed a message. */
export type Sender = {
  /** SHA-256 of the device's id, 64 hex digits, as the registry has it */
  subject: string;
  keyNumber: number;
};

/** What signature and key say of an entry; where it belongs among the other messages is not decided yet. */
export type Judged = {
  /** of kind message or equivocation, as far as that can be told */
  isMessage: boolean;
  flag: Flag | null;
  keepPayload: boolean;
  /** what the payload says, true or not */
  message: Message | null;
  /** the key that the message names, where it is enrolled */
  key: EnrolledKey | null;
  /** of an entry whose signature, key and commitment are right */
  signed: { kind: Entry['kind']; message: Message; payloadHash: Uint8Array } | null;
  /** who a message says it is from, where the registry has no such key yet */
  stranger: Sender | null;
};

export function examineEntry(entryBytes: Uint8Array, payload: Uint8Array | null): Examined {
  let entry: Entry;
  try {
    entry = decodeEntry(entryBytes);
  } catch (error) {
    return flagged('MALFORMED', error);
  }
  if (payload !== null && !equalBytes(hash('sha256', payload, 'buffer'), entry.payloadHash)) {
    // Nothing commits to these bytes, so there is nothing to keep them for.
    return { state: 'flagged', flag: 'COMMITMENT_MISMATCH', kind: entry.kind, keepPayload: false };
  }
  if (entry.kind === 'statement' || entry.kind === 'tombstone') return { state: 'own' };
  if (payload === null) return { state: 'flagged', flag: 'WITHHELD', kind: entry.kind, keepPayload: false };
  try {
    const parsed = parseMessage(payload);
    const sender = { subject: subjectOf(parsed.message.device), keyNumber: parsed.message.key };
    return { state: 'message', entry, parsed, sender };
  } catch (error) {
    return flagged('MALFORMED', error, entry.kind);
  }
}

/**
 * @param key what the registry has under the message's sender, if anything
 * @param means.now the mirror's clock, Unix ms
 */
export function judgeEntry(
  examined: Examined,
  key: EnrolledKey | undefined,
  { verify, now }: { verify: VerifySignature; now: number },
): Judged {
  const nothing = { message: null, key: null, signed: null, stranger: null };
  switch (examined.state) {
    case 'own':
      return { ...nothing, isMessage: false, flag: null, keepPayload: true };
    case 'flagged': {
      const { flag, kind, keepPayload } = examined;
      return { ...nothing, isMessage: kind === 'message' || kind === 'equivocation', flag, keepPayload };
    }
    case 'message': {
      const { entry, parsed, sender } = examined;
      const { message } = parsed;
      const base = { ...nothing, isMessage: true, keepPayload: true, message };
      if (key === undefined) return { ...base, flag: 'UNKNOWN_DEVICE', stranger: sender };
      if (!verify(key.publicKey, parsed.signedBytes, parsed.signature))
        return { ...base, key, flag: 'BAD_SIGNATURE' };
      if ('rotation' in message && !isRotationProven(message.rotation, verify))
        return { ...base, key, flag: 'BAD_SIGNATURE' };
      const signed = { kind: entry.kind, message, payloadHash: entry.payloadHash };
      return { ...base, key, flag: flagOfContent(message, entry, now), signed };
    }
  }
}

/** Evidence, not noise: such a message counts, and its curve is drawn without what cannot be true. */
function flagOfContent(message: Message, entry: Entry, now: number): Flag | null {
  if (!isPossible(message)) return 'OUT_OF_RANGE';
  return isPossibleTime(message.time, entry, now) ? null : 'CLOCK_SKEW';
}

function isPossible(message: Message): boolean {
  const body = bodyOf(message);
  switch (body.name) {
    case 'readings':
      return body.readings.every(({ type, value }) => isInRange(type, value));
    case 'binding':
    case 'event':
    case 'report':
    case 'rotation':
      return true;
  }
}

function flagged(flag: Flag, error: unknown, kind?: Entry['kind']): Examined {
  if (!(error instanceof ProtocolError)) throw error;
  return { state: 'flagged', flag, kind, keepPayload: true };
}

/** Messages of one upload come from few devices: each id is hashed once. */
const subjects = new Map<string, string>();
const maxSubjects = 10_000;

/** The registry knows devices by the SHA-256 of their id, as it knows logs by that of their origin. */
export function subjectOf(device: string): string {
  let subject = subjects.get(device);
  if (subject === undefined) {
    if (subjects.size >= maxSubjects) subjects.clear();
    subject = logIdHex(device);
    subjects.set(device, subject);
  }
  return subject;
}

/** A payload as a message, where it is one. */
export function readMessage(payload: Uint8Array): Message | undefined {
  try {
    return parseMessage(payload).message;
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}
