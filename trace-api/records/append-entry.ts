import { hash } from 'node:crypto';
import type { Queries } from '@tianyuan/platform';
import {
  type EntryKind,
  appendLeaf,
  decodeEntry,
  edgeRoot,
  encodeEntry,
  leafHash,
  parseCheckpoint,
  signCheckpoint,
} from '@tianyuan/protocol';
import { and, eq } from 'drizzle-orm';
import { capturesDue, entries } from '../database/schema.ts';
import type { Judged } from '../ingest/examine-entry.ts';
import { extendLog } from '../ingest/extend-log.ts';
import type { LogRow } from '../mirror/find-log.ts';
import { readEdge } from '../mirror/read-edge.ts';
import type { PlatformKey } from './platform-key.ts';

/**
 * Stands where a gateway's boot count does. Several processes may write the log, one after the other under its lock; the
 * second in which each began tells them apart.
 */
const boot = Math.floor((Date.now() - performance.now()) / 1000);

/** An entry for the next place in the platform's log, not appended yet. */
export type Draft = { index: number; at: number; entry: Uint8Array; payload: Uint8Array };

/** @param log its row, locked */
export async function draftEntry(
  tx: Queries,
  log: LogRow,
  kind: EntryKind,
  payload: Uint8Array,
): Promise<Draft> {
  // Never before the last one: a date bounds the log at one index, whatever clocks did.
  const at = Math.max(Date.now(), await lastReceivedAt(tx, log));
  const entry = encodeEntry({
    kind,
    clock: 'unknown', // nothing here measures it; the anchors bound it
    receivedAt: at,
    boot,
    sinceBootMs: Math.floor(performance.now()),
    payloadHash: hash('sha256', payload, 'buffer'),
  });
  return { index: log.size, at, entry, payload };
}

/**
 * Appends a draft and signs the checkpoint after it. The note leaves this process only once the transaction is committed,
 * and the log's lock is held until then: there are never two of one size.
 * @returns the row as it is now
 */
export async function appendEntry(
  tx: Queries,
  log: LogRow,
  { index, entry, payload }: Draft,
  judged: Judged,
  key: PlatformKey,
): Promise<LogRow> {
  const edge = await readEdge(tx, log.id, log.size);
  const full = appendLeaf(edge, leafHash(entry));
  const head = { origin: key.origin, size: index + 1, root: edgeRoot(edge) };
  const note = signCheckpoint(head, key.publicKey, key.sign);
  const checkpoint = parseCheckpoint(note);
  const upload = { logId: key.logId, from: index, checkpoint, note, entries: entry, payloads: [payload] };
  await extendLog(tx, log, upload, { added: [{ index, judged }], full, reachedLive: false });
  await tx.delete(capturesDue).where(eq(capturesDue.log, log.id)); // it is recorded right here
  return { ...log, size: head.size, root: head.root, checkpoint: note };
}

async function lastReceivedAt(tx: Queries, log: LogRow): Promise<number> {
  if (log.size === 0) return 0;
  const [last] = await tx
    .select({ entry: entries.entry })
    .from(entries)
    .where(and(eq(entries.log, log.id), eq(entries.index, log.size - 1)));
  return decodeEntry(last!.entry).receivedAt;
}
