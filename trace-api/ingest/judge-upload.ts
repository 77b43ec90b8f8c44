import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Queries } from '@tianyuan/platform';
import { readSenderKeys, senderName } from '../keys/read-keys.ts';
import {
  type EnrolledKey,
  type Examined,
  type Judged,
  type Sender,
  examineEntry,
  judgeEntry,
} from './examine-entry.ts';
import { type Upload, entryAt } from './upload.ts';
import { verifyMany } from './verify-many.ts';

/** Read on this thread in some 5 ms: longer, and pages would wait for uploads. */
const entriesASlice = 256;

/**
 * Judges the entries of an upload from index `known` on. Slice by slice it is read here, between which others have their turn, while the threads
 * verify the slices before.
 */
export async function judgeFrom(
  queries: Queries,
  upload: Upload,
  known: number,
): Promise<{ index: number; judged: Judged }[]> {
  const skipped = Math.max(0, known - upload.from);
  const slices: Promise<Judged[]>[] = [];
  const keys: SenderKeys = new Map();
  for (let start = skipped; start < upload.payloads.length; start += entriesASlice) {
    const examined = upload.payloads
      .slice(start, start + entriesASlice)
      .map((payload, i) => examineEntry(entryAt(upload, start + i), payload));
    const senders = examined.flatMap((one) => (one.state === 'message' ? [one.sender] : []));
    await readNewSenders(queries, senders, keys);
    slices.push(judgeSlice(examined, keys));
    await nextTurn();
  }
  const judged = (await Promise.all(slices)).flat();
  return judged.map((one, i) => ({ index: upload.from + skipped + i, judged: one }));
}

/** What the registry has under the senders of one upload, by {@link senderName}; undefined where it has none. */
type SenderKeys = Map<string, EnrolledKey | undefined>;

/**
 * The slices of an upload come from the same few devices. On the one connection of PGlite, a query a slice cost over half
 * as much as inserting the entries, and waited for whatever transaction another upload was in.
 */
async function readNewSenders(queries: Queries, senders: readonly Sender[], keys: SenderKeys): Promise<void> {
  const unread = senders.filter((sender) => !keys.has(senderName(sender)));
  if (unread.length === 0) return;
  const found = await readSenderKeys(queries, unread);
  for (const sender of unread) keys.set(senderName(sender), found.get(senderName(sender)));
}

async function judgeSlice(
  examined: readonly Examined[],
  keys: ReadonlyMap<string, EnrolledKey | undefined>,
): Promise<Judged[]> {
  const keyOf = (one: Examined) => (one.state === 'message' ? keys.get(senderName(one.sender)) : undefined);
  const signed = examined.flatMap((one) => {
    const key = keyOf(one);
    if (one.state !== 'message' || key === undefined) return [];
    const { signedBytes: message, signature } = one.parsed;
    return [{ publicKey: key.publicKey, message, signature }];
  });
  const valid = await verifyMany(signed);
  let next = 0;
  // In the same order, for exactly those that have a key.
  const means = { verify: () => valid[next++]!, now: Date.now() };
  return examined.map((one) => judgeEntry(one, keyOf(one), means));
}
