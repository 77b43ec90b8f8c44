import { index, jsonb, primaryKey, text } from 'drizzle-orm/pg-core';
import type { LogReadings } from '../closing/summary.ts';
import { natural, trace } from './trace-schema.ts';

/**
 * What was ever said of products, SKUs, plots and batches, whole, one row a record. The last one about a thing counts; of
 * those before `asOf`, that is how it stood then. The table `batches` is the last word about each batch, for joins.
 */
export const catalogueFacts = trace.table(
  'catalogue_facts',
  {
    kind: text({ enum: ['product', 'sku', 'plot', 'batch'] }).notNull(),
    id: text().notNull(),
    atIndex: natural('at_index').notNull(),
    /** Unix ms */
    at: natural('at').notNull(),
    by: text().notNull(),
    /** by the schema of its kind, catalogue/statements.ts */
    body: jsonb().$type<Record<string, unknown>>().notNull(),
  },
  (table) => [primaryKey({ columns: [table.kind, table.id, table.atIndex] })],
);

/** What a batch was at a close, by the hash of its summary; closing/read-summary.ts makes the summary again. */
export const batchSummaries = trace.table(
  'batch_summaries',
  {
    atIndex: natural('at_index').primaryKey(),
    at: natural('at').notNull(),
    by: text().notNull(),
    batchId: text('batch_id').notNull(),
    /** records below this index are summed up */
    asOf: natural('as_of').notNull(),
    /** SHA-256 of the summary's RFC 8785 form, 64 hex digits */
    hash: text().notNull(),
    readings: jsonb().$type<LogReadings[]>().notNull(),
  },
  (table) => [index().on(table.batchId)],
);
