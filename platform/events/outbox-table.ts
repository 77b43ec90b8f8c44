import { type SQL, sql } from 'drizzle-orm';
import {
  type AnyPgColumn,
  type PgSchema,
  bigint,
  index,
  integer,
  jsonb,
  primaryKey,
  text,
} from 'drizzle-orm/pg-core';

const unixMs = (name: string) => bigint(name, { mode: 'number' });

/**
 * A service's events on their way to the bus, in the service's own schema: written in the transaction that made them
 * happen, so that neither is without the other.
 */
export function outboxTable(schema: PgSchema) {
  return schema.table(
    'outbox',
    {
      position: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
      id: text().notNull().unique(),
      type: text().notNull(),
      version: integer().notNull(),
      correlationId: text('correlation_id').notNull(),
      time: unixMs('time').notNull(),
      payload: jsonb().$type<Record<string, unknown>>().notNull(),
      /** how often a subscriber refused it */
      refusals: integer().notNull().default(0),
      publishedAt: unixMs('published_at'),
      /** given up after too many refusals, and why */
      failure: text(),
    },
    (table) => [index('outbox_waiting').on(table.position).where(isWaiting(table))],
  );
}

export type OutboxTable = ReturnType<typeof outboxTable>;

/** Neither published nor given up. */
export function isWaiting(table: { publishedAt: AnyPgColumn; failure: AnyPgColumn }): SQL {
  return sql`${table.publishedAt} is null and ${table.failure} is null`;
}

/** Which events each subscriber of a service has handled, see `deliverOnce`. */
export function deliveriesTable(schema: PgSchema) {
  return schema.table(
    'deliveries',
    { subscriber: text().notNull(), eventId: text('event_id').notNull(), at: unixMs('at').notNull() },
    (table) => [primaryKey({ columns: [table.subscriber, table.eventId] }), index().on(table.at)],
  );
}

export type DeliveriesTable = ReturnType<typeof deliveriesTable>;
