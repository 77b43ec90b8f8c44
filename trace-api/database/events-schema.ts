import { deliveriesTable, outboxTable } from '@tianyuan/platform';
import { natural, trace } from './trace-schema.ts';

/** Events of trace on their way to the bus. */
export const outbox = outboxTable(trace);

/** Which events the subscribers in this service have handled. */
export const deliveries = deliveriesTable(trace);

/** Summaries of batches for which `Batch.Proven` was published: no projection, or a rebuild would publish them again. */
export const provenSummaries = trace.table('proven_summaries', {
  /** the summary's record */
  atIndex: natural('at_index').primaryKey(),
  at: natural('at').notNull(),
});
