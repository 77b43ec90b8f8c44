import { text } from 'drizzle-orm/pg-core';
import { natural, trace } from './trace-schema.ts';

/**
 * That this database came out of a backup, and how much of the platform's log it had. The row is gone once it is known that
 * nothing was signed after that.
 */
export const restorations = trace.table('restorations', {
  origin: text().primaryKey(),
  size: natural('size').notNull(),
  /** Unix ms */
  madeAt: natural('made_at').notNull(),
  restoredAt: natural('restored_at').notNull(),
});
