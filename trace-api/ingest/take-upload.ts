import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Database, Queries } from '@tianyuan/platform';
import { eq } from 'drizzle-orm';
import { logs } from '../database/schema.ts';
import { readSenderKeys, senderName } from '../keys/read-keys.ts';
import { refuseSigner } from './check-signer.ts';
import {
  type EnrolledKey,
  type Examined,
  type Judged,
  type Sender,
  type VerifySignature,
  examineEntry,
  judgeEntry,
} from './examine-entry.ts';
import { extendLog, keepCheckpoint, lockLog } from './extend-log.ts';
import { growTree } from './grow-tree.ts';
import type { Settled } from './settle-entries.ts';
import { type Upload, entryAt } from './upload.ts';
import type { UploadRefusal } from './upload-refusal.ts';
import { verifyMany } from './verify-many.ts';

/** Read on this thread in some 5 ms: longer, and pages would wait for uploads. */
const entriesASlice = 256;

export type UploadAnswer = { taken: Settled[]; size: number; root: Uint8Array } | UploadRefusal;

/**
 * Takes one upload: the checkpoint's signature says who it is from, the root says that the entries are the ones that
 * were signed, and only then anything is stored. Uploads of one log take effect one after the other; sent again, one
 * changes nothing. Signatures are verified before the transaction, which others may be waiting for.
 */
export async function takeUpload(
  database: Database,
  upload: Upload,
  verify: VerifySignature,
): Promise<UploadAnswer> {
  const refusal = await refuseSigner(database.queries, upload, verify);
  if (refusal !== undefined) return refusal;
  const known = await sizeOf(database.queries, upload.logId);
  if (upload.from > known) return gap(upload, known);
  const judged = await judgeFrom(database.queries, upload, known);
  return database.transaction(async (tx) => {
    const log = await lockLog(tx, upload.checkpoint.origin);
    if (upload.from > log.size) return gap(upload, log.size);
    const grown = await growTree(tx, log, upload);
    if ('refused' in grown) return grown;
    if (upload.checkpoint.size <= log.size) {
      await keepCheckpoint(tx, log, upload);
      return { taken: [], size: log.size, root: log.root };
    }
    const added = judged.filter(({ index }) => index >= log.size);
    const taken = await extendLog(tx, log, upload, { added, full: grown.full });
    const { size, root } = upload.checkpoint;
    return { taken, size, root };
  });
}

/**
 * Judges what is not mirrored yet. Slice by slice it is read here, between which others have their turn, while the threads
 * verify the slices before.
 */
async function judgeFrom(
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

async function sizeOf(queries: Queries, logId: string): Promise<number> {
  const [row] = await queries.select({ size: logs.size }).from(logs).where(eq(logs.logId, logId));
  return row?.size ?? 0;
}

function gap({ from }: Upload, size: number): UploadRefusal {
  return {
    refused: 'GAP',
    size,
    detail: `the mirror has ${size} entries; upload from ${size} on, not from ${from}`,
  };
}
