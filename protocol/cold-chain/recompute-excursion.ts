import { ProtocolError } from '../protocol-error.ts';
import { decodeEntry } from '../log/entry.ts';
import { isPossibleTime } from '../message/device-clock.ts';
import { type Message, parseMessage } from '../message/message.ts';
import type { Excursion, LoggedReading, Stretch } from './excursion.ts';
import { findExcursions } from './find-excursions.ts';
import { plainReadings } from './plain-readings.ts';
import { type ExcursionRule, ruleDigest } from './rule.ts';

/**
 * An excursion as it is claimed, with all that it takes to find it again. The device's readings that count are those of
 * messages that name the batch `named`, where it is not null, and those in any of `spans`; of them, those in `stretch`.
 */
export type ExcursionClaim = Excursion & {
  device: string;
  sensor: string;
  rule: ExcursionRule;
  ruleDigest: string;
  named: string | null;
  spans: Stretch[];
  stretch: Stretch;
};

/** An entry and its payload, and where it is logged. Whether it is, and who signed, is for verifyBundle to say. */
export type LoggedPayload = { logId: string; index: number; entry: Uint8Array; payload: Uint8Array };

export type Recomputed =
  | { same: true }
  /** `found`: what the payloads give under the claimed rule instead */
  | { same: false; reason: string; found: Excursion[] };

/**
 * Finds a claimed excursion again in the payloads of its leaf ranges. Payloads of other devices do not matter, and
 * neither does it if more are given than the ranges have. What is there twice counts once, and a message whose time
 * cannot be true not at all, as where the claim was made.
 * @param now Unix ms; for entries of a gateway that did not know the time
 */
export function recomputeExcursion(
  claim: ExcursionClaim,
  payloads: readonly LoggedPayload[],
  now: number,
): Recomputed {
  const { rule, stretch } = claim;
  if (ruleDigest(rule) !== claim.ruleDigest) {
    return { same: false, reason: 'the rule is not the one that the digest names', found: [] };
  }
  const readings = messagesOf(payloads, claim, now).flatMap((one) => readingsOf(one, claim));
  const missing = claim.leaves.find(({ logId, first, last, count }) => {
    const there = readings.filter((one) => one.logId === logId && one.index >= first && one.index <= last);
    return new Set(there.map(({ index }) => index)).size < count;
  });
  if (missing !== undefined) {
    const reason = `of the ${missing.count} entries between ${missing.first} and ${missing.last} of log ${missing.logId} some are not there`;
    return { same: false, reason, found: [] };
  }
  const found = findExcursions(readings, rule, stretch);
  return found.some((one) => isSame(one, claim))
    ? { same: true }
    : { same: false, reason: 'the readings give another result', found };
}

type Located = { logId: string; index: number; message: Message };

/** The device's messages, the first of each (key, boot, seq). */
function messagesOf(payloads: readonly LoggedPayload[], { device }: ExcursionClaim, now: number): Located[] {
  const first = new Map<string, Located>();
  for (const { logId, index, entry, payload } of payloads) {
    const message = readMessage(payload);
    if (message?.device !== device || !isPossibleTime(message.time, decodeEntry(entry), now)) continue;
    const name = `${message.key}/${message.boot}/${message.seq}`;
    const known = first.get(name);
    if (known === undefined || (known.logId === logId && index < known.index)) {
      first.set(name, { logId, index, message });
    }
  }
  return [...first.values()];
}

function readMessage(payload: Uint8Array): Message | undefined {
  try {
    return parseMessage(payload).message;
  } catch (error) {
    if (error instanceof ProtocolError) return undefined; // a statement of the gateway, or no message at all
    throw error;
  }
}

function readingsOf({ logId, index, message }: Located, claim: ExcursionClaim): LoggedReading[] {
  const { rule, sensor, named, spans } = claim;
  const isNamed = named !== null && message.batch === named;
  const counts = (time: number) =>
    isNamed || spans.some(({ from, until }) => time >= from && (until === null || time < until));
  return plainReadings(message)
    .filter(({ type, sensor: from, time }) => type === rule.type && from === sensor && counts(time))
    .map(({ time, value }) => ({ time, value, logId, index }));
}

function isSame(found: Excursion, claim: Excursion): boolean {
  return (
    found.from === claim.from &&
    found.until === claim.until &&
    found.ended === claim.ended &&
    found.extreme === claim.extreme &&
    found.mkt === claim.mkt &&
    found.readings === claim.readings
  );
}
