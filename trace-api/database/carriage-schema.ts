import { boolean, index, text } from 'drizzle-orm/pg-core';
import { natural, trace } from './trace-schema.ts';

/**
 * What binding messages say, one row each. A later one with the same device, carrier and begin takes an earlier one's
 * place; so nothing here changes.
 */
export const bindings = trace.table(
  'bindings',
  {
    atIndex: natural('at_index').primaryKey(),
    /** Unix ms */
    at: natural('at').notNull(),
    /** whose key signed */
    by: text().notNull(),
    device: text().notNull(),
    /** the URI by which events know the batch, box, truck or room */
    carrier: text().notNull(),
    /** Unix ms by its own word; the end is not included */
    from: natural('from').notNull(),
    until: natural('until'),
    /** whether its signer had a say over both sides when it was logged */
    counts: boolean().notNull(),
  },
  (table) => [index().on(table.device), index().on(table.carrier)],
);
