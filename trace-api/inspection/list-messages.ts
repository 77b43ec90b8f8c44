import type { Queries } from '@tianyuan/platform';
import { encodeBase64 } from '@tianyuan/protocol';
import { type SQL, sql } from 'drizzle-orm';
import { type BatchScope, messagesInScope } from '../batches/batch-scope.ts';
import { entries, keys, logs, shares } from '../database/schema.ts';

/** A verified message of a batch and its place; the payload is null where it is not kept any more. */
export type ListedMessage = { logId: string; index: number; flag: string | null; payload: string | null };

/** Where a page ended: what follows is behind this message. */
export type MessageCursor = { logId: string; index: number };

/**
 * A verified message of one of a batch's devices, between two of the batch in the device's own counting, that is none of the
 * batch's. `subject` is SHA-256 of the device's id.
 */
export type ElsewhereMessage = {
  logId: string;
  index: number;
  subject: string;
  key: number;
  boot: number;
  seq: number;
};

const mostElsewhere = 10_000;

function listed(scope: BatchScope): SQL {
  return sql`
    select distinct m.log, i as index from (${messagesInScope(scope, sql`${shares}`)}) m
    cross join lateral unnest(m.indices) i`;
}

/** The messages that a batch's curves and counts are made of, ordered by log and index, behind the cursor. */
export async function listMessages(
  queries: Queries,
  scope: BatchScope,
  after: MessageCursor | undefined,
  limit: number,
): Promise<ListedMessage[]> {
  const behind =
    after === undefined
      ? sql`true`
      : sql`(l.log_id > ${after.logId} or (l.log_id = ${after.logId} and m.index > ${after.index}::int8))`;
  const { rows } = await queries.execute<{
    logId: string;
    index: string | number;
    flag: string | null;
    payload: Uint8Array | null;
  }>(sql`
    select l.log_id as "logId", m.index as "index", e.flag as "flag", e.payload as "payload"
    from (${listed(scope)}) m
    join ${logs} l on l.id = m.log
    join ${entries} e on e.log = m.log and e.index = m.index
    where ${behind}
    order by l.log_id, m.index limit ${limit}`);
  return rows.map(({ logId, index, flag, payload }) => ({
    logId,
    index: Number(index),
    flag,
    payload: payload && encodeBase64(payload),
  }));
}

/** What explains holes in the counters of a batch's devices. At most 10,000, in the order of their logs. */
export async function listElsewhere(queries: Queries, scope: BatchScope): Promise<ElsewhereMessage[]> {
  const { rows } = await queries.execute<Record<keyof ElsewhereMessage, string | number>>(sql`
    with listed as (${listed(scope)}), runs as (
      select e.key, e.boot, min(e.seq) as first, max(e.seq) as last
      from listed m join ${entries} e on e.log = m.log and e.index = m.index
      group by e.key, e.boot
    )
    select l.log_id as "logId", e.index as "index", k.subject as "subject", k.key_number as "key", e.boot as "boot",
           e.seq as "seq"
    from runs r
    join ${entries} e on e.key = r.key and e.boot = r.boot and e.seq between r.first and r.last and e.verified
    join ${logs} l on l.id = e.log
    join ${keys} k on k.id = e.key
    where not exists (select 1 from listed m where m.log = e.log and m.index = e.index)
    order by l.log_id, e.index limit ${mostElsewhere}`);
  return rows.map(({ logId, index, subject, key, boot, seq }) => ({
    logId: String(logId),
    index: Number(index),
    subject: String(subject),
    key: Number(key),
    boot: Number(boot),
    seq: Number(seq),
  }));
}
