import { type Database, type Queries, bulk } from '@tianyuan/platform';
import {
  type CompactRange,
  appendToRange,
  edgeRoot,
  equalBytes,
  leafHash,
  rangeRoot,
} from '@tianyuan/protocol';
import { and, eq, sql } from 'drizzle-orm';
import { type Share, sharesOf } from '../batches/share.ts';
import { liveHeads, liveReadings } from '../database/schema.ts';
import { refuseSigner } from '../ingest/check-signer.ts';
import type { Judged, VerifySignature } from '../ingest/examine-entry.ts';
import { lockLog } from '../ingest/extend-log.ts';
import { refuseFork } from '../ingest/fork.ts';
import { judgeFrom } from '../ingest/judge-upload.ts';
import { readSeen } from '../ingest/read-seen.ts';
import { settleEntries } from '../ingest/settle-entries.ts';
import { type Upload, entryAt } from '../ingest/upload.ts';
import type { UploadRefusal } from '../ingest/upload-refusal.ts';
import { lockKeys, readKeyEnds } from '../keys/read-keys.ts';
import type { LogRow } from '../mirror/find-log.ts';
import { readEdge } from '../mirror/read-edge.ts';
import { type LiveHead, readNewestLiveHead } from './live-heads.ts';

/** The newest entries of a log that is being backfilled, with the roots of the complete subtrees before them. */
export type LiveUpload = Upload & { before: Uint8Array[] };

/** What is mirrored, and the newest head that was shown ahead of it. */
export type LiveAnswer = Pick<LogRow, 'size' | 'root'> & { live: LiveHead | undefined };

/**
 * Keeps the newest readings of entries that are proven to be under a signed head, though what lies before them is not here
 * yet. They are not mirrored by it; when the mirror comes to that size, it has to have that root.
 */
export async function takeLive(
  database: Database,
  upload: LiveUpload,
  verify: VerifySignature,
): Promise<LiveAnswer | UploadRefusal> {
  const refusal = await refuseSigner(database.queries, upload, verify);
  if (refusal !== undefined) return refusal;
  if (!equalBytes(rootOf(upload), upload.checkpoint.root)) {
    const { origin, size } = upload.checkpoint;
    const detail = `the entries from ${upload.from} on do not lead to the root that ${origin} signed for size ${size}`;
    return { refused: 'ROOT_MISMATCH', detail };
  }
  const judged = await judgeFrom(database.queries, upload, upload.from);
  return database.transaction(async (tx) => {
    const log = await lockLog(tx, upload.checkpoint.origin);
    const newest = await readNewestLiveHead(tx, log);
    if (upload.checkpoint.size > log.size) {
      const forked = await contradiction(tx, log, upload);
      if (forked !== undefined) return refuseFork(tx, log, upload, forked);
      await keepHead(tx, log, upload);
      await keepNewest(tx, log.id, await readShares(tx, log, upload, judged));
    }
    const { size, root, note } = { ...upload.checkpoint, note: upload.note };
    const isNewest = size > log.size && size >= (newest?.size ?? 0);
    return { size: log.size, root: log.root, live: isNewest ? { size, root, note } : newest };
  });
}

function rangeBefore({ from, before }: LiveUpload): CompactRange {
  return { size: from, nodes: [...before] };
}

function rootOf(upload: LiveUpload): Uint8Array {
  const range = rangeBefore(upload);
  while (range.size < upload.checkpoint.size) {
    appendToRange(range, leafHash(entryAt(upload, range.size - upload.from)));
  }
  return rangeRoot(range);
}

/** What is known of this log at a size that the upload speaks of, too, and says otherwise. */
async function contradiction(
  tx: Queries,
  log: LogRow,
  upload: LiveUpload,
): Promise<{ note: string; size: number } | undefined> {
  const { from, checkpoint } = upload;
  const rootBefore = rangeRoot(rangeBefore(upload));
  if (from <= log.size && !equalBytes(edgeRoot(await readEdge(tx, log.id, from)), rootBefore)) {
    return { note: log.checkpoint, size: from };
  }
  for (const [size, root] of [
    [from, rootBefore],
    [checkpoint.size, checkpoint.root],
  ] as const) {
    const [known] = await tx
      .select({ size: liveHeads.size, root: liveHeads.root, note: liveHeads.note })
      .from(liveHeads)
      .where(and(eq(liveHeads.log, log.id), eq(liveHeads.size, size)));
    if (known !== undefined && !equalBytes(known.root, root)) return known;
  }
  return undefined;
}

/** The head at `from` is a part of the one that goes on from there, and need not be kept besides. */
async function keepHead(tx: Queries, log: LogRow, { from, checkpoint, note }: LiveUpload): Promise<void> {
  await tx.delete(liveHeads).where(and(eq(liveHeads.log, log.id), eq(liveHeads.size, from)));
  await tx
    .insert(liveHeads)
    .values({ log: log.id, size: checkpoint.size, root: checkpoint.root, note })
    .onConflictDoNothing();
}

/** What verified messages measured, by what decides of them as far as it is mirrored. */
async function readShares(
  tx: Queries,
  log: LogRow,
  upload: LiveUpload,
  judged: { index: number; judged: Judged }[],
): Promise<Share[]> {
  const ahead = judged.filter(({ index }) => index >= log.size);
  const signers = ahead.flatMap(({ judged: one }) => (one.key === null ? [] : [one.key.id]));
  const { settled } = settleEntries(ahead, {
    log: log.id,
    revocations: await lockKeys(tx, signers, upload.logId),
    ends: await readKeyEnds(tx, signers),
    seen: await readSeen(
      tx,
      ahead.map(({ judged: one }) => one),
    ),
  });
  return sharesOf(settled);
}

async function keepNewest(tx: Queries, log: number, shares: readonly Share[]): Promise<void> {
  const rows = shares.flatMap(({ batchId, device, series }) =>
    series.map(({ type, sensor, times, values, indices }) => ({
      batchId,
      device,
      type,
      sensor,
      time: times.at(-1)!,
      value: values.at(-1)!,
      index: indices.at(-1)!,
    })),
  );
  if (rows.length === 0) return;
  await tx.execute(sql`
    insert into ${liveReadings} (log, batch_id, device, type, sensor, time, value, index)
    select ${log}::int4, * from unnest(
      ${bulk.text(rows.map(({ batchId }) => batchId))},
      ${bulk.text(rows.map(({ device }) => device))},
      ${bulk.text(rows.map(({ type }) => type))},
      ${bulk.text(rows.map(({ sensor }) => sensor))},
      ${bulk.int8(rows.map(({ time }) => time))},
      ${bulk.int8(rows.map(({ value }) => value))},
      ${bulk.int8(rows.map(({ index }) => index))}
    )
    on conflict (log, batch_id, device, type, sensor) do update
    set time = excluded.time, value = excluded.value, index = excluded.index
    where excluded.time >= live_readings.time`);
}
