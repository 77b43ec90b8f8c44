import { index, jsonb, smallint, text } from 'drizzle-orm/pg-core';
import type { Bilingual } from '../batches/batch-view.ts';
import type { RecallEvidence } from '../status/statements.ts';
import { natural, trace } from './trace-schema.ts';

/** What was said of whether a batch may be sold, a row a statement; `status/judge-status.ts` folds them. */
export const statusFacts = trace.table(
  'status_facts',
  {
    atIndex: natural('at_index').primaryKey(),
    at: natural('at').notNull(),
    batchId: text('batch_id').notNull(),
    kind: text({ enum: ['hold', 'release', 'recall', 'recall-lifted'] }).notNull(),
    reason: jsonb().$type<Bilingual>().notNull(),
    by: text().notNull(),
    /** of a release: the hold that it ends; null for all of them */
    hold: natural('hold'),
    /** of a recall */
    class: smallint(),
    evidence: jsonb().$type<RecallEvidence>(),
  },
  (table) => [index().on(table.batchId)],
);
