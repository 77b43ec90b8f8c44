import { type Queries, bulk, bytes } from '@tianyuan/platform';
import type { FullTile, Message } from '@tianyuan/protocol';
import { and, eq, inArray, sql } from 'drizzle-orm';
import { changeBatchFlags, flagChanges } from '../batches/flag-counts.ts';
import { sharesOf } from '../batches/share.ts';
import { storeShares } from '../batches/store-shares.ts';
import { calibrationStatements } from '../calibrations/calibration-statement.ts';
import { storeCalibrations } from '../calibrations/store-calibrations.ts';
import { entries, logFlags, logs, strangers, tiles } from '../database/schema.ts';
import { noteCaptures } from '../records/captures-due.ts';
import { readMessage } from './examine-entry.ts';
import type { Flag } from './flag.ts';
import type { Place, Settled } from './settle-entries.ts';

/** Entries to append to a mirrored log: `entries` is n × 56 bytes, the others have n members in the same order. */
export type NewEntries = { entries: Uint8Array; payloads: (Uint8Array | null)[]; settled: Settled[] };

/**
 * Appends settled entries of one log, in two statements whatever their number: byte strings travel as one value each
 * and are cut up by the database.
 */
export async function storeEntries(tx: Queries, log: number, added: NewEntries): Promise<void> {
  const { settled } = added;
  if (settled.length === 0) return;
  const payloads = added.payloads.map((payload, i) => (settled[i]!.keepPayload ? payload : null));
  let offset = 1; // SQL counts bytes from 1
  const offsets = payloads.map((payload) => (offset += payload?.length ?? 0) - (payload?.length ?? 0));

  await tx.execute(sql`
    insert into ${entries} (log, index, entry, payload, verified, flag, key, boot, seq)
    select ${log}::int4, u.index, substring(${bytes(added.entries)} from (u.n::int4 - 1) * 56 + 1 for 56),
           substring(${bytes(concat(payloads))} from u.start for u.length),
           u.verified, u.flag, u.key, u.boot, u.seq
    from unnest(
      ${bulk.int8(settled.map(({ index }) => index))},
      ${bulk.int4(offsets)},
      ${bulk.int4(payloads.map((payload) => payload?.length ?? null))},
      ${bulk.bool(settled.map(({ verified }) => verified))},
      ${bulk.text(settled.map(({ flag }) => flag))},
      ${bulk.int4(settled.map(({ key }) => key))},
      ${bulk.int8(settled.map(({ boot }) => boot))},
      ${bulk.int8(settled.map(({ seq }) => seq))}
    ) with ordinality as u (index, start, length, verified, flag, key, boot, seq, n)`);
  await storeStrangers(tx, log, settled);
  await storeShares(tx, log, sharesOf(settled));
  await storeCalibrations(tx, log, calibrationStatements(added.entries, payloads, settled));
  await noteCaptures(tx, log, settled);
  await changeBatchFlags(tx, flagChanges(settled, 1));
  await countEntries(tx, log, settled);
}

/** Tiles that an append completed. They never change, so one that is there already is the same. */
export async function storeTiles(tx: Queries, log: number, full: readonly FullTile[]): Promise<void> {
  if (full.length === 0) return;
  await tx
    .insert(tiles)
    .values(full.map(({ level, index, hashes, root }) => ({ log, level, index, hashes, root })))
    .onConflictDoNothing();
}

/** Earlier messages under whose (key, boot, seq) other bytes have appeared. They still count, and say so. */
export async function flagEquivocated(tx: Queries, places: readonly Place[]): Promise<void> {
  for (const { log, index } of places) {
    const here = and(eq(entries.log, log), eq(entries.index, index));
    const [before] = await tx
      .select({ flag: entries.flag, payload: entries.payload })
      .from(entries)
      .where(here)
      .for('update');
    if (before === undefined || before.flag === 'EQUIVOCATION') continue;
    await tx.update(entries).set({ flag: 'EQUIVOCATION' }).where(here);
    await changeFlags(tx, log, [
      {
        message: before.payload === null ? null : (readMessage(before.payload) ?? null),
        from: before.flag as Flag | null,
        to: 'EQUIVOCATION',
      },
    ]);
  }
}

/** Keeps the counts in step with flags that change on entries which are stored already. */
export async function changeFlags(
  tx: Queries,
  log: number,
  changes: readonly { message: Message | null; from: Flag | null; to: Flag | null }[],
): Promise<void> {
  const before = changes.map(({ message, from }) => ({ message, flag: from }));
  const after = changes.map(({ message, to }) => ({ message, flag: to }));
  await addFlagCounts(tx, log, countFlags(after, countFlags(before, new Map(), -1)));
  await changeBatchFlags(tx, [...flagChanges(before, -1), ...flagChanges(after, 1)]);
}

type FlagCounts = Map<Flag, number>;

async function addFlagCounts(tx: Queries, log: number, counts: FlagCounts): Promise<void> {
  if (counts.size === 0) return;
  await tx
    .insert(logFlags)
    .values([...counts].map(([flag, count]) => ({ log, flag, count })))
    .onConflictDoUpdate({
      target: [logFlags.log, logFlags.flag],
      set: { count: sql`${logFlags.count} + excluded.count` },
    });
}

function countFlags(
  flagged: readonly { flag: Flag | null }[],
  counts: FlagCounts = new Map(),
  step: 1 | -1 = 1,
): FlagCounts {
  for (const { flag } of flagged) if (flag !== null) counts.set(flag, (counts.get(flag) ?? 0) + step);
  return counts;
}

async function countEntries(tx: Queries, log: number, settled: readonly Settled[]): Promise<void> {
  await tx
    .update(logs)
    .set({
      messages: sql`${logs.messages} + ${settled.filter(({ isMessage }) => isMessage).length}`,
      verified: sql`${logs.verified} + ${settled.filter(({ verified }) => verified).length}`,
    })
    .where(eq(logs.id, log));
  await addFlagCounts(tx, log, countFlags(settled));
}

export async function storeStrangers(tx: Queries, log: number, settled: readonly Settled[]): Promise<void> {
  const unknown = settled.filter(({ stranger }) => stranger !== null);
  if (unknown.length === 0) return;
  await tx.execute(sql`
    insert into ${strangers} (log, index, subject, key_number)
    select ${log}::int4, * from unnest(
      ${bulk.int8(unknown.map(({ index }) => index))},
      ${bulk.text(unknown.map(({ stranger }) => stranger!.subject))},
      ${bulk.int8(unknown.map(({ stranger }) => stranger!.keyNumber))}
    )`);
}

export async function forgetStrangers(tx: Queries, log: number, indices: readonly number[]): Promise<void> {
  await tx.delete(strangers).where(and(eq(strangers.log, log), inArray(strangers.index, [...indices])));
}

function concat(payloads: readonly (Uint8Array | null)[]): Buffer {
  return Buffer.concat(payloads.filter((payload) => payload !== null));
}
