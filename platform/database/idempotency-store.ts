import { and, eq, lt } from 'drizzle-orm';
import { type PgSchema, bigint, integer, primaryKey, text } from 'drizzle-orm/pg-core';
import type { IdempotencyStore } from '../http/idempotency.ts';
import type { Queries } from './database.ts';

/** A service's table of remembered answers, in the service's own schema. */
export function idempotencyTable(schema: PgSchema) {
  return schema.table(
    'idempotency',
    {
      scope: text().notNull(),
      key: text().notNull(),
      bodyHash: text('body_hash').notNull(),
      status: integer().notNull(),
      contentType: text('content_type').notNull(),
      body: text().notNull(),
      /** Unix ms */
      createdAt: bigint('created_at', { mode: 'number' }).notNull(),
    },
    (table) => [primaryKey({ columns: [table.scope, table.key] })],
  );
}

type IdempotencyTable = ReturnType<typeof idempotencyTable>;

/** Long enough for a caller that was cut off for a day to come back with the same key. */
const rememberedMs = 24 * 3600_000;
const sweepEvery = 256; // answers, so that the sweep costs each of them next to nothing

/** Remembers answers in an {@link idempotencyTable} and forgets them after a day. */
export function idempotencyStore(
  queries: Queries,
  table: IdempotencyTable,
  now: () => number = Date.now,
): IdempotencyStore {
  let kept = 0;
  return {
    async find(scope, key) {
      const [row] = await queries
        .select()
        .from(table)
        .where(and(eq(table.scope, scope), eq(table.key, key)));
      return row;
    },
    async keep(scope, key, answer) {
      await queries
        .insert(table)
        .values({ scope, key, ...answer, createdAt: now() })
        .onConflictDoNothing();
      kept += 1;
      if (kept % sweepEvery === 0)
        await queries.delete(table).where(lt(table.createdAt, now() - rememberedMs));
    },
  };
}
