import { text } from 'drizzle-orm/pg-core';
import { natural, trace } from './trace-schema.ts';

/** `LogClosed` events that are on the chain now: the log takes no more, and another one carries on. */
export const logClosures = trace.table('log_closures', {
  logId: text('log_id').primaryKey(),
  /** what it had anchored then */
  size: natural('size').notNull(),
  successor: text(),
  blockNumber: natural('block_number').notNull(),
});
