import { type Database, type Queries, bulk } from '@tianyuan/platform';
import { and, asc, eq, gte, lt, or, sql } from 'drizzle-orm';
import { entries, logs, series, shares } from '../database/schema.ts';
import { readMessage } from '../ingest/examine-entry.ts';
import type { Flag } from '../ingest/flag.ts';
import { sharesOf } from './share.ts';
import { storeShares } from './store-shares.ts';

/** Read and stored in one go, some 10 ms: uploads of the log wait for one page, and pages for none. */
const entriesAPage = 1_024;

/**
 * Makes what is kept of readings anew, from the payloads that are mirrored: of every log that has any without the index of
 * its entry, as earlier releases kept them. They kept nothing of what names no batch either, and this finds it.
 */
export async function renewReadings(database: Database, signal?: AbortSignal): Promise<void> {
  const old = await database.queries
    .selectDistinct({ log: series.log })
    .from(series)
    .where(sql`cardinality(${series.indices}) = 0`);
  for (const { log } of old) {
    // From the end, so that the oldest rows, by which such a log is known, go last: what is cut off is begun again.
    for (let page = await lastPage(database.queries, log); page >= 0; page--) {
      if (signal?.aborted) return;
      await database.transaction((tx) => renewPage(tx, log, page * entriesAPage));
    }
  }
}

async function lastPage(queries: Queries, log: number): Promise<number> {
  const [row] = await queries.select({ size: logs.size }).from(logs).where(eq(logs.id, log));
  return Math.floor((row!.size - 1) / entriesAPage);
}

async function renewPage(tx: Queries, log: number, from: number): Promise<void> {
  await tx.select({ id: logs.id }).from(logs).where(eq(logs.id, log)).for('update');
  const taken = await takeShares(tx, log, from);
  const inPage = and(gte(entries.index, from), lt(entries.index, from + entriesAPage));
  const rows = await tx
    .select({
      index: entries.index,
      payload: entries.payload,
      verified: entries.verified,
      flag: entries.flag,
    })
    .from(entries)
    .where(and(eq(entries.log, log), or(inPage, sql`${entries.index} = any(${bulk.int8(taken)})`)))
    .orderBy(asc(entries.index));
  // Page by page, or every share would grow by the one before.
  const pages = Map.groupBy(rows, ({ index }) => Math.floor(index / entriesAPage));
  for (const those of pages.values()) {
    const settled = those.map(({ index, payload, verified, flag }) => ({
      index,
      verified,
      flag: flag as Flag | null,
      message: payload === null ? null : (readMessage(payload) ?? null),
    }));
    await storeShares(tx, log, sharesOf(settled));
  }
}

/** Removes the shares that reach into a page, with their readings. @returns all entries that were in them */
async function takeShares(tx: Queries, log: number, from: number): Promise<number[]> {
  const until = from + entriesAPage;
  const taken = await tx
    .delete(shares)
    .where(and(eq(shares.log, log), lt(shares.firstIndex, until), gte(shares.lastIndex, from)))
    .returning({
      batchId: shares.batchId,
      device: shares.device,
      firstIndex: shares.firstIndex,
      indices: shares.indices,
    });
  for (const { batchId, device, firstIndex } of taken) {
    const mine = and(
      eq(series.batchId, batchId),
      eq(series.device, device),
      eq(series.firstIndex, firstIndex),
    );
    await tx.delete(series).where(and(eq(series.log, log), mine));
  }
  return taken.flatMap(({ indices }) => indices);
}
