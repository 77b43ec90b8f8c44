import type { Database, Queries } from '@tianyuan/platform';
import { decodeEntry } from '@tianyuan/protocol';
import { and, asc, eq, gte, isNotNull, sql } from 'drizzle-orm';
import { captures, entries, logs, recordBatches, records } from '../database/schema.ts';
import { lockLog } from '../ingest/extend-log.ts';
import { applyRecord } from './apply-record.ts';
import { captureSchema, noteCapture, readSource } from './capture-mirrored.ts';
import { projections } from './projections.ts';
import { type Place, messageRecord, readRecorded } from './read-recorded.ts';
import type { Recorded } from './recorded.ts';
import { decodeStatement } from './statement.ts';

const entriesAPage = 500;

/**
 * Empties every projection and applies the platform's log to them again, in one transaction: readers see the old answers
 * until the new ones are whole. A message counts as it is judged now, so this is also how a revoked key's records go.
 * @param onProgress gets the number of entries read, and of those there are
 */
export async function rebuild(
  database: Database,
  origin: string,
  onProgress: (done: number, size: number) => void = () => {},
): Promise<void> {
  await database.transaction(async (tx) => {
    const log = await lockLog(tx, origin);
    for (const table of [...projections.flatMap(({ tables }) => tables), records, recordBatches, captures]) {
      await tx.delete(table);
    }
    for (let from = 0; from < log.size; from += entriesAPage) {
      await replayPage(tx, log.id, from);
      onProgress(Math.min(from + entriesAPage, log.size), log.size);
    }
  });
}

async function replayPage(tx: Queries, log: number, from: number): Promise<void> {
  const rows = await tx
    .select({
      index: entries.index,
      entry: entries.entry,
      payload: entries.payload,
      verified: entries.verified,
    })
    .from(entries)
    .where(and(eq(entries.log, log), gte(entries.index, from), isNotNull(entries.payload)))
    .orderBy(asc(entries.index))
    .limit(entriesAPage);
  for (const { index, entry, payload, verified } of rows) {
    if (index >= from + entriesAPage) return;
    const decoded = decodeEntry(entry);
    if (decoded.kind === 'message' && !verified) continue;
    const place = { index, at: decoded.receivedAt };
    const record = (await replayCapture(tx, payload!, place)) ?? readRecorded(decoded, payload!, place);
    if (record !== undefined) await applyRecord(tx, record);
  }
}

/** What a capture takes up, where the message still verifies. */
async function replayCapture(tx: Queries, payload: Uint8Array, place: Place): Promise<Recorded | undefined> {
  const statement = decodeStatement(payload);
  const capture = statement?.name === 'capture' ? captureSchema.safeParse(statement.body) : undefined;
  if (capture?.data === undefined || capture.data.refused !== undefined) return undefined;
  const source = await readSource(tx, capture.data.logId, capture.data.index);
  await noteCapture(tx, place.index, capture.data, source !== undefined);
  return source && messageRecord(source.message, place);
}

/**
 * Whether a record's message counts otherwise than when it was projected: one that is not verified any more, one that is
 * now, or one of a gateway's log that the platform's took up.
 */
export async function hasStaleRecords(queries: Queries, logId: string): Promise<boolean> {
  const { rows } = await queries.execute<{ stale: boolean }>(sql`
    select exists (
      select 1 from ${entries} e join ${logs} l on l.id = e.log
      left join ${records} r on r.at_index = e.index
      where l.log_id = ${logId} and e.key is not null
        and (e.flag is distinct from 'EQUIVOCATION')
        and e.verified is distinct from (r.at_index is not null)
    ) or exists (
      select 1 from ${captures} c join ${entries} e on e.log = c.log and e.index = c.index
      where e.verified is distinct from c.taken
    ) as stale`);
  return rows[0]!.stale;
}
