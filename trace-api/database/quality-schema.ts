import { index, integer, jsonb, text } from 'drizzle-orm/pg-core';
import type { Findings } from '../quality/quality-model.ts';
import { natural, trace } from './trace-schema.ts';

/** What models said of samples of a batch, a row a check. The newest is the batch's `quality_score`. */
export const qualityChecks = trace.table(
  'quality_checks',
  {
    atIndex: natural('at_index').primaryKey(),
    at: natural('at').notNull(),
    batchId: text('batch_id').notNull(),
    by: text().notNull(),
    /** SHA-256 of the sample, 64 hex digits */
    sha256: text().notNull(),
    kind: text({ enum: ['picture', 'spectrum'] }).notNull(),
    model: text().notNull(),
    version: text().notNull(),
    /** m% */
    score: integer().notNull(),
    findings: jsonb().$type<Findings>().notNull(),
  },
  (table) => [index().on(table.batchId)],
);

/** Work that a low score asks for. */
export const workOrders = trace.table(
  'work_orders',
  {
    atIndex: natural('at_index').primaryKey(),
    at: natural('at').notNull(),
    batchId: text('batch_id').notNull(),
    by: text().notNull(),
    /** the check that asks for it */
    checkIndex: natural('check_index').notNull(),
    score: integer().notNull(),
    threshold: integer().notNull(),
  },
  (table) => [index().on(table.batchId)],
);

export const workOrdersDone = trace.table('work_orders_done', {
  atIndex: natural('at_index').primaryKey(),
  at: natural('at').notNull(),
  orderIndex: natural('order_index').notNull().unique(),
  by: text().notNull(),
  note: text().notNull(),
});
