import { type Message, equalBytes } from '@tianyuan/protocol';
import { type KeyEnd, type Revocation, isBehind } from '../keys/read-keys.ts';
import type { Judged } from './examine-entry.ts';
import type { Flag } from './flag.ts';

/** The message that was mirrored first under a (key, boot, seq). */
export type FirstSeen = { log: number; index: number; payloadHash: Uint8Array };

/** What decides about a message besides itself. */
export type Surroundings = {
  /** the mirror's number of the log */
  log: number;
  /** by the key's number, where it is revoked */
  revocations: ReadonlyMap<number, Revocation>;
  /** by the key's number, where another key took over */
  ends: ReadonlyMap<number, KeyEnd>;
  /** by {@link seenName} */
  seen: ReadonlyMap<string, FirstSeen>;
};

/** An entry as it is stored. */
export type Settled = {
  index: number;
  isMessage: boolean;
  keepPayload: boolean;
  verified: boolean;
  flag: Flag | null;
  /** the key whose signature fits */
  key: number | null;
  boot: number | null;
  seq: number | null;
  /** what the payload says, true or not */
  message: Message | null;
  stranger: Judged['stranger'];
};

export type Place = { log: number; index: number };

export function seenName(key: number, boot: number, seq: number): string {
  return `${key}/${boot}/${seq}`;
}

/**
 * The last word on judged entries of one log: the end of a key that was handed over, revocation
 * by log index, and uniqueness of (key, boot, seq) over all logs
 * and among themselves. Pure.
 * @returns the entries, and earlier messages that an equivocation now shows in another light
 */
export function settleEntries(
  judged: readonly { index: number; judged: Judged }[],
  { log, revocations, ends, seen }: Surroundings,
): { settled: Settled[]; equivocated: Place[] } {
  const seenHere = new Map(seen);
  const equivocated = new Map<string, Place>();

  const settled = judged.map(({ index, judged: one }): Settled => {
    const { isMessage, keepPayload, stranger, message } = one;
    const nobody = { key: null, boot: null, seq: null };
    const base = { index, isMessage, keepPayload, stranger, message, ...nobody, verified: false };
    if (one.key === null) return { ...base, flag: one.flag };
    const { signed } = one;
    const signer = signed && { key: one.key.id, boot: signed.message.boot, seq: signed.message.seq };
    const end = ends.get(one.key.id);
    if (signer !== null && end !== undefined && isBehind(signer, end))
      return { ...base, ...signer, flag: 'ROTATED_KEY' };
    const revocation = revocations.get(one.key.id);
    if (revocation !== undefined && index >= revocation.from) {
      if (index >= revocation.revokedFrom) return { ...base, ...signer, flag: 'REVOKED_KEY' };
      // A signature that does not fit is wrong whenever it was made.
      return { ...base, ...signer, flag: signed === null ? one.flag : 'SUSPECT' };
    }
    if (signed === null || signer === null) return { ...base, flag: one.flag };

    const { kind, payloadHash } = signed;
    const name = seenName(signer.key, signer.boot, signer.seq);
    const first = seenHere.get(name);
    if (first !== undefined && equalBytes(first.payloadHash, payloadHash)) {
      return { ...base, ...signer, flag: first.log === log ? 'DUPLICATE' : 'ALSO_SEEN' };
    }
    if (first !== undefined) equivocated.set(name, { log: first.log, index: first.index });
    if (first !== undefined || kind === 'equivocation') return { ...base, ...signer, flag: 'EQUIVOCATION' };
    seenHere.set(name, { log, index, payloadHash });
    return { ...base, ...signer, verified: true, flag: one.flag };
  });
  return flagAmong(settled, log, [...equivocated.values()]);
}

/** A first message that is itself among the new ones is flagged here; the others are somebody else's rows. */
function flagAmong(
  settled: Settled[],
  log: number,
  places: Place[],
): { settled: Settled[]; equivocated: Place[] } {
  const mine = new Set(places.filter((place) => place.log === log).map(({ index }) => index));
  const isNew = new Set(settled.map(({ index }) => index));
  return {
    settled: settled.map((one) => (mine.has(one.index) ? { ...one, flag: 'EQUIVOCATION' } : one)),
    equivocated: places.filter((place) => place.log !== log || !isNew.has(place.index)),
  };
}
