import { type Queries, bulk } from '@tianyuan/platform';
import { bytesToHex } from '@tianyuan/protocol';
import { and, asc, eq, inArray, isNotNull, sql } from 'drizzle-orm';
import { anchors, blockStatements, keyCuts, keys, logs } from '../database/schema.ts';
import type { EnrolledKey, Sender } from '../ingest/examine-entry.ts';

export type KeyRow = typeof keys.$inferSelect;

export function senderName({ subject, keyNumber }: Sender): string {
  return `${subject}/${keyNumber}`;
}

/** The enrolled keys of these senders, by {@link senderName}. */
export async function readSenderKeys(
  queries: Queries,
  senders: Iterable<Sender>,
): Promise<Map<string, EnrolledKey>> {
  const wanted = [...new Map([...senders].map((one) => [senderName(one), one])).values()];
  if (wanted.length === 0) return new Map();
  const rows = await queries
    .select({ id: keys.id, publicKey: keys.publicKey, subject: keys.subject, keyNumber: keys.keyNumber })
    .from(keys)
    .where(
      and(
        keys.enrolled,
        sql`(${keys.subject}, ${keys.keyNumber}) in (
          select * from unnest(${bulk.text(wanted.map(({ subject }) => subject))},
                               ${bulk.int8(wanted.map(({ keyNumber }) => keyNumber))}))`,
      ),
    );
  return new Map(rows.map((row) => [senderName(row), { id: row.id, publicKey: row.publicKey }]));
}

/** The enrolled keys of one subject, a log for instance, oldest first. */
export function readSubjectKeys(queries: Queries, subject: string): Promise<KeyRow[]> {
  return queries
    .select()
    .from(keys)
    .where(and(eq(keys.subject, subject), keys.enrolled))
    .orderBy(asc(keys.keyNumber));
}

/**
 * Takes the rows of keys, in the order of their ids so that no two transactions wait for each other, and reads from
 * which index of one log on they do not count. Whoever holds a key's row decides alone which message under it is first.
 */
export async function lockKeys(
  tx: Queries,
  ids: Iterable<number>,
  logId: string,
): Promise<Map<number, Revocation>> {
  const wanted = [...new Set(ids)];
  if (wanted.length === 0) return new Map();
  await tx
    .select({ id: keys.id })
    .from(keys)
    .where(inArray(keys.id, wanted))
    .orderBy(asc(keys.id))
    .for('update');
  return readRevocations(tx, wanted, logId);
}

/**
 * What counts of a revoked key in one log: everything before `from`. From `revokedFrom` on nothing does; what lies between
 * is suspect, neither good nor forged, until the registrar names an index. Both are log indices.
 */
export type Revocation = { from: number; revokedFrom: number };

/**
 * Revocations in this log by the key's number; only of keys that were revoked. An index that the registrar named for the
 * log is both ends. Else it begins with the size that the log had anchored when the key was revoked, as the registry has
 * it, and ends where the gateway's own statement names that block or a later one: then it had heard of it.
 */
export async function readRevocations(
  queries: Queries,
  ids: readonly number[],
  logId: string,
): Promise<Map<number, Revocation>> {
  if (ids.length === 0) return new Map();
  const cut = sql`(select min(c.from_index) from ${keyCuts} c where c.public_key = ${keys.publicKey} and c.log_id = ${logId})`;
  const anchored = sql`(
    select max(a.size) from ${anchors} a
    where a.log_id = ${logId}
      and (a.block_number, a.event_index) < (${keys.revokedBlock}, ${keys.revokedEvent}))`;
  const heard = sql`(
    select min(b.index) from ${blockStatements} b join ${logs} l on l.id = b.log
    where l.log_id = ${logId} and b.block_number >= ${keys.revokedBlock})`;
  const rows = await queries
    .select({
      id: keys.id,
      cut: sql`${cut}`.mapWith(Number),
      anchored: sql`coalesce(${anchored}, 0)`.mapWith(Number),
      heard: sql`${heard}`.mapWith(Number),
    })
    .from(keys)
    .where(and(inArray(keys.id, [...ids]), isNotNull(keys.revokedBlock)));
  return new Map(
    rows.map((row): [number, Revocation] => {
      const named: number | null = row.cut;
      if (named !== null) return [row.id, { from: named, revokedFrom: named }];
      const heardAt: number | null = row.heard;
      return [
        row.id,
        {
          from: row.anchored,
          revokedFrom: heardAt === null ? Number.MAX_SAFE_INTEGER : Math.max(row.anchored, heardAt),
        },
      ];
    }),
  );
}

/** A device's place in its own order. */
export type KeyEnd = { boot: number; seq: number };

/** The last message that counts of keys that were handed over, by the key's number. */
export async function readKeyEnds(
  queries: Queries,
  ids: Iterable<number>,
): Promise<ReadonlyMap<number, KeyEnd>> {
  const wanted = [...new Set(ids)];
  if (wanted.length === 0) return new Map();
  const rows = await queries
    .select({ id: keys.id, boot: keys.lastBoot, seq: keys.lastSeq })
    .from(keys)
    .where(and(inArray(keys.id, wanted), isNotNull(keys.rotatedBlock)));
  return new Map(rows.map(({ id, boot, seq }) => [id, { boot: boot!, seq: seq! }]));
}

/** Whether a message comes after the last one that counts of its key. */
export function isBehind(message: KeyEnd, end: KeyEnd): boolean {
  return message.boot > end.boot || (message.boot === end.boot && message.seq > end.seq);
}

/** For messages to people: a key by the hex of its bytes. */
export function keyText(publicKey: Uint8Array): string {
  return bytesToHex(publicKey);
}
