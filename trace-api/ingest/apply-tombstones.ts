import type { Queries } from '@tianyuan/platform';
import { type Tombstone, decodeEntry, parseTombstone } from '@tianyuan/protocol';
import { and, eq, gte, lt } from 'drizzle-orm';
import { changeBatchFlags } from '../batches/flag-counts.ts';
import { entries, lostRanges } from '../database/schema.ts';
import type { Settled } from './settle-entries.ts';
import { changeFlags } from './store-entries.ts';
import { type Upload, entryAt } from './upload.ts';

/**
 * Tells what was evicted from what is withheld: a tombstone names the entries whose payloads its gateway has no more. What
 * the mirror has of them stays; only slots that came empty are evicted. After the upload's entries are stored.
 */
export async function applyTombstones(
  tx: Queries,
  log: number,
  upload: Upload,
  settled: readonly Settled[],
): Promise<void> {
  for (const { index, tombstone } of tombstonesOf(upload, settled)) {
    await keepLostRanges(tx, log, index, tombstone);
    const empty = await tx
      .update(entries)
      .set({ flag: 'EVICTED' })
      .where(
        and(
          eq(entries.log, log),
          gte(entries.index, tombstone.from),
          lt(entries.index, tombstone.to),
          eq(entries.flag, 'WITHHELD'),
        ),
      )
      .returning({ index: entries.index });
    await changeFlags(
      tx,
      log,
      empty.map(() => ({ message: null, from: 'WITHHELD', to: 'EVICTED' })),
    );
    // Which of the messages are missing, a tombstone cannot say; where all are, each batch is told how many of its.
    const told = tombstone.devices.reduce((sum, { count }) => sum + count, 0);
    if (empty.length !== told) continue;
    await changeBatchFlags(
      tx,
      tombstone.devices.flatMap(({ batch, device, count }) =>
        batch === undefined ? [] : [{ batchId: batch, device, flag: 'EVICTED' as const, by: count }],
      ),
    );
  }
}

/** Which counters of which devices went: what is missing of a device is told from what was lost. */
async function keepLostRanges(
  tx: Queries,
  log: number,
  index: number,
  { devices }: Tombstone,
): Promise<void> {
  const rows = devices.map(({ device, key: keyNumber, boot, firstSeq, lastSeq, count }, part) => ({
    log,
    index,
    part,
    device,
    keyNumber,
    boot,
    firstSeq,
    lastSeq,
    count,
  }));
  if (rows.length > 0) await tx.insert(lostRanges).values(rows).onConflictDoNothing();
}

/** Tombstones among what was just stored, as far as they speak of entries before themselves. */
function tombstonesOf(
  upload: Upload,
  settled: readonly Settled[],
): { index: number; tombstone: Tombstone }[] {
  return settled.flatMap(({ index, isMessage, keepPayload }) => {
    const payload = upload.payloads[index - upload.from];
    if (isMessage || !keepPayload || payload == null) return [];
    if (decodeEntry(entryAt(upload, index - upload.from)).kind !== 'tombstone') return [];
    const tombstone = parseTombstone(payload);
    return tombstone !== undefined && tombstone.to <= index ? [{ index, tombstone }] : [];
  });
}
