import { type Queries, bulk } from '@tianyuan/platform';
import { and, eq, inArray, sql } from 'drizzle-orm';
import { sharesOf } from '../batches/share.ts';
import { storeShares } from '../batches/store-shares.ts';
import { entries, logs, shares, series } from '../database/schema.ts';
import { type VerifySignature, examineEntry, judgeEntry } from '../ingest/examine-entry.ts';
import type { Flag } from '../ingest/flag.ts';
import { readSeen } from '../ingest/read-seen.ts';
import { type Settled, settleEntries } from '../ingest/settle-entries.ts';
import { changeFlags, flagEquivocated, forgetStrangers, storeStrangers } from '../ingest/store-entries.ts';
import type { LogRow } from '../mirror/find-log.ts';
import { lockKeys, readKeyEnds, readSenderKeys, senderName } from './read-keys.ts';

type EntryRow = typeof entries.$inferSelect;

/**
 * Judges stored entries of one log anew, as an upload would now, with the keys that the registry has now. The caller
 * holds the log's row. Entries that share a row of `shares` with one of these are judged along, since that row is
 * written anew.
 */
export async function rejudgeEntries(
  tx: Queries,
  log: LogRow,
  indices: readonly number[],
  verify: VerifySignature,
): Promise<void> {
  const all = await takeShares(tx, log.id, indices);
  const rows = await tx
    .select()
    .from(entries)
    .where(and(eq(entries.log, log.id), inArray(entries.index, all)))
    .orderBy(entries.index);
  // Out of the way first, so that none of them is taken for the earlier one of a pair.
  await tx
    .update(entries)
    .set({ verified: false })
    .where(and(eq(entries.log, log.id), inArray(entries.index, all)));
  await forgetStrangers(tx, log.id, all);

  const settled = await settleAnew(tx, log, rows, verify);
  await updateEntries(tx, log.id, settled);
  await storeStrangers(tx, log.id, settled);
  await storeShares(tx, log.id, sharesOf(settled));
  const change = count(settled) - count(rows);
  await tx
    .update(logs)
    .set({ verified: sql`${logs.verified} + ${change}` })
    .where(eq(logs.id, log.id));
  const changes = settled.map(({ message, flag }, i) => ({
    message,
    from: rows[i]!.flag as Flag | null,
    to: flag,
  }));
  await changeFlags(tx, log.id, changes);
}

async function settleAnew(
  tx: Queries,
  log: LogRow,
  rows: readonly EntryRow[],
  verify: VerifySignature,
): Promise<Settled[]> {
  const examined = rows.map(({ entry, payload }) => examineEntry(entry, payload));
  const senders = examined.flatMap((one) => (one.state === 'message' ? [one.sender] : []));
  const keys = await readSenderKeys(tx, senders);
  const now = Date.now();
  const judged = examined.map((one, i) => ({
    index: rows[i]!.index,
    judged: judgeEntry(one, one.state === 'message' ? keys.get(senderName(one.sender)) : undefined, {
      verify,
      now,
    }),
  }));
  const signers = judged.flatMap((one) => (one.judged.key === null ? [] : [one.judged.key.id]));
  const revocations = await lockKeys(tx, signers, log.logId);
  const ends = await readKeyEnds(tx, signers);
  const seen = await readSeen(
    tx,
    judged.map((one) => one.judged),
  );
  const { settled, equivocated } = settleEntries(judged, { log: log.id, revocations, ends, seen });
  await flagEquivocated(tx, equivocated);
  return settled.map((one, i) => keepWhatWasFound(one, rows[i]!));
}

/** What other entries, or a payload that was not kept, have shown of an entry cannot be seen from it alone. */
function keepWhatWasFound(settled: Settled, before: EntryRow): Settled {
  const shown =
    (before.flag === 'EQUIVOCATION' && settled.verified) ||
    ((before.flag === 'COMMITMENT_MISMATCH' || before.flag === 'EVICTED') && settled.flag === 'WITHHELD');
  return shown ? { ...settled, flag: before.flag as Flag } : settled;
}

/** Removes the shares that any of these entries is in. @returns the entries and all that were in those shares, sorted */
async function takeShares(tx: Queries, log: number, indices: readonly number[]): Promise<number[]> {
  const taken = await tx
    .delete(shares)
    .where(and(eq(shares.log, log), sql`${shares.indices} && ${bulk.int8(indices)}`))
    .returning({
      batchId: shares.batchId,
      device: shares.device,
      firstIndex: shares.firstIndex,
      indices: shares.indices,
    });
  for (const { batchId, device, firstIndex } of taken) {
    await tx
      .delete(series)
      .where(
        and(
          eq(series.batchId, batchId),
          eq(series.device, device),
          eq(series.log, log),
          eq(series.firstIndex, firstIndex),
        ),
      );
  }
  return [...new Set([...indices, ...taken.flatMap((share) => share.indices)])].toSorted((a, b) => a - b);
}

async function updateEntries(tx: Queries, log: number, settled: readonly Settled[]): Promise<void> {
  await tx.execute(sql`
    update ${entries} e set verified = u.verified, flag = u.flag, key = u.key, boot = u.boot, seq = u.seq
    from unnest(
      ${bulk.int8(settled.map(({ index }) => index))},
      ${bulk.bool(settled.map(({ verified }) => verified))},
      ${bulk.text(settled.map(({ flag }) => flag))},
      ${bulk.int4(settled.map(({ key }) => key))},
      ${bulk.int8(settled.map(({ boot }) => boot))},
      ${bulk.int8(settled.map(({ seq }) => seq))}
    ) as u (index, verified, flag, key, boot, seq)
    where e.log = ${log} and e.index = u.index`);
}

function count(rows: readonly { verified: boolean }[]): number {
  return rows.filter(({ verified }) => verified).length;
}
