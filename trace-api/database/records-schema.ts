import { boolean, index, integer, primaryKey, text } from 'drizzle-orm/pg-core';
import { natural, trace } from './trace-schema.ts';

/** The platform's log by name and time; what a record says is the payload of its entry. */
export const records = trace.table(
  'records',
  {
    atIndex: natural('at_index').primaryKey(),
    /** Unix ms, never less than that of the record before */
    at: natural('at').notNull(),
    name: text().notNull(),
    by: text().notNull(),
    signed: boolean().notNull(),
  },
  (table) => [index().on(table.at), index().on(table.name, table.atIndex)],
);

/** Which batches a record concerns. */
export const recordBatches = trace.table(
  'record_batches',
  {
    atIndex: natural('at_index').notNull(),
    batchId: text('batch_id').notNull(),
  },
  (table) => [primaryKey({ columns: [table.batchId, table.atIndex] }), index().on(table.atIndex)],
);

/** Verified events, bindings and reports of gateways' logs that the platform's log does not mention yet. */
export const capturesDue = trace.table(
  'captures_due',
  {
    log: integer().notNull(),
    index: natural('index').notNull(),
  },
  (table) => [primaryKey({ columns: [table.log, table.index] })],
);

/** Records that stand for a message in a gateway's log, and whether that message counted when they were projected. */
export const captures = trace.table(
  'captures',
  {
    atIndex: natural('at_index').primaryKey(),
    log: integer().notNull(),
    index: natural('index').notNull(),
    taken: boolean().notNull(),
  },
  (table) => [index().on(table.log, table.index)],
);
