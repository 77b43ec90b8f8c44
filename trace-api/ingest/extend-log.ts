import type { Queries } from '@tianyuan/platform';
import { entryLength, logIdHex } from '@tianyuan/protocol';
import { eq, sql } from 'drizzle-orm';
import { checkpoints, logs } from '../database/schema.ts';
import { lockKeys, readKeyEnds } from '../keys/read-keys.ts';
import { forgetLive } from '../live/live-heads.ts';
import type { LogRow } from '../mirror/find-log.ts';
import { applyTombstones } from './apply-tombstones.ts';
import type { Judged } from './examine-entry.ts';
import type { Grown } from './grow-tree.ts';
import { readSeen } from './read-seen.ts';
import { type Settled, settleEntries } from './settle-entries.ts';
import { storeBlockStatements } from './store-block-statements.ts';
import { flagEquivocated, storeEntries, storeTiles } from './store-entries.ts';
import type { Upload } from './upload.ts';

/**
 * Stores what extends a log, whose row is locked, up to a checkpoint whose root was recomputed.
 * @param added the judged entries from the log's present size on
 */
export async function extendLog(
  tx: Queries,
  log: LogRow,
  upload: Upload,
  { added, full, reachedLive }: { added: { index: number; judged: Judged }[] } & Grown,
): Promise<Settled[]> {
  const taken = await settleAndStore(tx, log, upload, added);
  await storeTiles(tx, log.id, full);
  await keepCheckpoint(tx, log, upload);
  const { size, root } = upload.checkpoint;
  await tx.update(logs).set({ size, root, checkpoint: upload.note }).where(eq(logs.id, log.id));
  if (reachedLive) await forgetLive(tx, log.id, size);
  return taken;
}

async function settleAndStore(
  tx: Queries,
  log: LogRow,
  upload: Upload,
  added: { index: number; judged: Judged }[],
): Promise<Settled[]> {
  const signers = added.flatMap(({ judged }) => (judged.key === null ? [] : [judged.key.id]));
  await storeBlockStatements(tx, log.id, upload, log.size); // first: they say from where on a key is revoked
  const revocations = await lockKeys(tx, signers, upload.logId);
  const ends = await readKeyEnds(tx, signers);
  const seen = await readSeen(
    tx,
    added.map(({ judged }) => judged),
  );
  const { settled, equivocated } = settleEntries(added, { log: log.id, revocations, ends, seen });
  const skipped = log.size - upload.from;
  await storeEntries(tx, log.id, {
    entries: upload.entries.subarray(skipped * entryLength),
    payloads: upload.payloads.slice(skipped),
    settled,
  });
  await flagEquivocated(tx, equivocated);
  await applyTombstones(tx, log.id, upload, settled);
  return settled;
}

/** The log's row, locked. A log that was never mirrored begins with one of size 0. */
export async function lockLog(tx: Queries, origin: string): Promise<LogRow> {
  const logId = logIdHex(origin);
  const select = () => tx.select().from(logs).where(eq(logs.logId, logId)).for('update');
  const [known] = await select();
  if (known !== undefined) return known;
  const empty = { size: 0, root: new Uint8Array(0), checkpoint: '', messages: 0, verified: 0 };
  await tx
    .insert(logs)
    .values({ logId, origin, ...empty })
    .onConflictDoNothing();
  const [created] = await select();
  return created!;
}

export async function keepCheckpoint(tx: Queries, log: LogRow, { checkpoint, note }: Upload): Promise<void> {
  await tx
    .insert(checkpoints)
    .values({
      log: log.id,
      size: checkpoint.size,
      note,
      receivedAt: sql`(extract(epoch from now()) * 1000)::int8`,
    })
    .onConflictDoNothing();
}
