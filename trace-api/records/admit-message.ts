import type { Queries } from '@tianyuan/platform';
import { type Message, bytesToHex, equalBytes } from '@tianyuan/protocol';
import { errors } from '../errors.ts';
import { verifySignature } from '../ingest/ed25519.ts';
import { type Judged, examineEntry, judgeEntry } from '../ingest/examine-entry.ts';
import { readSeen } from '../ingest/read-seen.ts';
import { seenName } from '../ingest/settle-entries.ts';
import { isBehind, keyText, lockKeys, readKeyEnds, readSenderKeys, senderName } from '../keys/read-keys.ts';
import type { LogRow } from '../mirror/find-log.ts';
import type { Draft } from './append-entry.ts';
import type { Refusal } from './recorded.ts';

/** What the platform's log makes of a message that somebody sends. */
export type Admission =
  | { state: 'new'; judged: Judged; message: Message }
  /** the same bytes are in it already */
  | { state: 'known'; index: number }
  /** other bytes under the same key, boot and number: to be logged as evidence, and refused */
  | { state: 'equivocation'; judged: Judged; refusal: Refusal }
  | { state: 'refused'; refusal: Refusal };

/** Judges a message as an upload would judge it, but for this: a gateway's log is taken as it is, ours takes what is right. */
export async function admitMessage(tx: Queries, log: LogRow, draft: Draft): Promise<Admission> {
  const examined = examineEntry(draft.entry, draft.payload);
  if (examined.state !== 'message') {
    return refused('malformedMessage', 'the body is no message in the form that PROTOCOL section 1 gives it');
  }
  const { message } = examined.parsed;
  if ('readings' in message) return refused('notARecord', 'readings go to a gateway, over MQTT');
  const { sender } = examined;
  const key = (await readSenderKeys(tx, [sender])).get(senderName(sender));
  if (key === undefined) {
    return refused(
      'unknownSigner',
      `key ${message.key} of ${message.device} is not enrolled on the chain, or the mirror of the registry has not seen it yet`,
    );
  }
  const judged = judgeEntry(examined, key, { verify: verifySignature, now: Date.now() });
  if (judged.signed === null) {
    return refused(
      'badSignature',
      `key ${message.key} of ${message.device} did not sign this message as it is here`,
    );
  }
  const revocation = (await lockKeys(tx, [key.id], log.logId)).get(key.id);
  if (revocation !== undefined && draft.index >= revocation.from) {
    return refused('revokedKey', `key ${keyText(key.publicKey)} of ${message.device} is revoked`);
  }
  const end = (await readKeyEnds(tx, [key.id])).get(key.id);
  if (end !== undefined && isBehind(message, end)) {
    return refused(
      'revokedKey',
      `key ${keyText(key.publicKey)} of ${message.device} ended with message ${end.seq} of boot ${end.boot}: sign with the newer one`,
    );
  }
  const first = (await readSeen(tx, [judged])).get(seenName(key.id, message.boot, message.seq));
  if (first === undefined) return { state: 'new', judged, message };
  if (equalBytes(first.payloadHash, judged.signed.payloadHash)) return knownAt(log, first);
  const kind = errors.equivocation;
  const detail =
    `${message.device} signed another message as boot ${message.boot}, number ${message.seq}: SHA-256 ` +
    `${bytesToHex(first.payloadHash)} stands, this one is kept as evidence; sign it again under the next number`;
  return { state: 'equivocation', judged, refusal: { kind, detail } };
}

/** A message that came through a gateway is recorded from there: once is enough. */
function knownAt(log: LogRow, first: { log: number; index: number }): Admission {
  return first.log === log.id
    ? { state: 'known', index: first.index }
    : refused(
        'notARecord',
        `this message came through a gateway already, as entry ${first.index} of its log`,
      );
}

function refused(kind: keyof typeof errors, detail: string): Admission {
  return { state: 'refused', refusal: { kind: errors[kind], detail } };
}
