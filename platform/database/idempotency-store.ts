import { and, eq, isNull, lt } from 'drizzle-orm';
import { type PgSchema, bigint, integer, primaryKey, text } from 'drizzle-orm/pg-core';
import { type IdempotencyStore, requestUnderKey } from '../http/idempotency.ts';
import type { Queries } from './database.ts';

/** A service's table of remembered answers, in the service's own schema. */
export function idempotencyTable(schema: PgSchema) {
  return schema.table(
    'idempotency',
    {
      scope: text().notNull(),
      key: text().notNull(),
      bodyHash: text('body_hash').notNull(),
      /** 0 while it is being done */
      status: integer().notNull(),
      contentType: text('content_type').notNull(),
      body: text().notNull(),
      /** Unix ms */
      createdAt: bigint('created_at', { mode: 'number' }).notNull(),
      /** number of what was written under the key, committed with it */
      written: bigint({ mode: 'number' }),
    },
    (table) => [primaryKey({ columns: [table.scope, table.key] })],
  );
}

type IdempotencyTable = ReturnType<typeof idempotencyTable>;

/** Long enough for a caller that was cut off for a day to come back with the same key. */
const rememberedMs = 24 * 3600_000;
const sweepEvery = 256; // answers, so that the sweep costs each of them next to nothing

/** Far longer than any write takes: whoever has not answered by then is dead. */
const deadAfterMs = 60_000;
const underWay = 0;

/** Remembers answers in an {@link idempotencyTable} and forgets them after a day. */
export function idempotencyStore(
  queries: Queries,
  table: IdempotencyTable,
  now: () => number = Date.now,
): IdempotencyStore {
  let kept = 0;
  const one = (scope: string, key: string) => and(eq(table.scope, scope), eq(table.key, key));
  return {
    async begin(scope, key, bodyHash) {
      const createdAt = now();
      const fresh = { scope, key, bodyHash, status: underWay, contentType: '', body: '', createdAt };
      const mine = await queries.insert(table).values(fresh).onConflictDoNothing().returning();
      if (mine.length === 1) return { state: 'mine' };
      const [row] = await queries.select().from(table).where(one(scope, key));
      // Given up since then.
      if (row === undefined) return { state: 'under way', bodyHash };
      if (row.status !== underWay) return { state: 'answered', answer: row };
      if (createdAt - row.createdAt < deadAfterMs) return { state: 'under way', bodyHash: row.bodyHash };
      if (row.written !== null) return { state: 'answer lost', bodyHash: row.bodyHash, written: row.written };
      if (row.bodyHash !== bodyHash) return { state: 'under way', bodyHash: row.bodyHash };
      // Of all who find it dead, one takes over.
      const taken = await queries
        .update(table)
        .set({ createdAt })
        .where(and(one(scope, key), eq(table.createdAt, row.createdAt), isNull(table.written)))
        .returning();
      return taken.length === 1 ? { state: 'mine' } : { state: 'under way', bodyHash: row.bodyHash };
    },
    async keep(scope, key, answer) {
      await queries.update(table).set(answer).where(one(scope, key));
      kept += 1;
      if (kept % sweepEvery === 0)
        await queries.delete(table).where(lt(table.createdAt, now() - rememberedMs));
    },
    async giveUp(scope, key) {
      const unanswered = and(one(scope, key), eq(table.status, underWay));
      await queries.delete(table).where(and(unanswered, isNull(table.written)));
      // What was written stays written, whatever failed afterwards: nobody waits for an answer any more.
      await queries
        .update(table)
        .set({ createdAt: now() - deadAfterMs })
        .where(unanswered);
    },
  };
}

/**
 * Says in the transaction that writes it what was written under the key of the request that this is part of, if it has one:
 * then whoever asks again after a crash does not get it done twice.
 */
export async function noteWritten(tx: Queries, table: IdempotencyTable, written: number): Promise<void> {
  const request = requestUnderKey();
  if (request === undefined) return;
  await tx
    .update(table)
    .set({ written })
    .where(and(eq(table.scope, request.scope), eq(table.key, request.key)));
}
