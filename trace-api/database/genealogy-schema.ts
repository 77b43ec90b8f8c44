import { index, jsonb, primaryKey, text } from 'drizzle-orm/pg-core';
import { natural, trace } from './trace-schema.ts';

// What EPCIS events and sales say, as facts that are only ever added. `at_index` is the record's index in the platform's
// log, `at` when it was received (Unix ms), `event_time` when it happened by its own word (Unix ms). Things and lots are
// named by one URI each.

/** One row an event. */
export const eventFacts = trace.table('event_facts', {
  atIndex: natural('at_index').primaryKey(),
  at: natural('at').notNull(),
  type: text().notNull(),
  action: text(),
  step: text(),
  disposition: text(),
  eventTime: natural('event_time').notNull(),
  readPoint: text('read_point'),
  bizLocation: text('biz_location'),
  /** possessing, else owning party of the source and of the destination list */
  fromParty: text('from_party'),
  toParty: text('to_party'),
  /** id of the person or device whose key signed */
  signer: text().notNull(),
  /** the event as it was signed */
  body: jsonb().$type<Record<string, unknown>>().notNull(),
});

/**
 * What a record says of one lot. `commission` and `output` add to its stock, `use`, `loss` and `sold` take from it,
 * `return` undoes a sale; `observe`, `child` and `content` (it was in a box or truck that the event names) change nothing.
 */
export const lotFacts = trace.table(
  'lot_facts',
  {
    atIndex: natural('at_index').notNull(),
    at: natural('at').notNull(),
    lot: text().notNull(),
    role: text().notNull(),
    /** in `uom`; null where an observation names none */
    quantity: natural('quantity'),
    /** UN/ECE Recommendation 20: GRM or H87 */
    uom: text(),
    /** of a sale or its return */
    orderNo: text('order_no'),
    eventTime: natural('event_time').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.atIndex, table.lot, table.role] }),
    index().on(table.lot, table.role),
    index().on(table.orderNo),
  ],
);

/** What one piece of a lot that is counted in pieces weighs; a lot has one such weight for good. */
export const pieceMasses = trace.table('piece_masses', {
  lot: text().primaryKey(),
  atIndex: natural('at_index').notNull(),
  at: natural('at').notNull(),
  grams: natural('grams').notNull(),
});

/** A thing, or a quantity of a lot, went into a parent (ADD) or out of it (DELETE): aggregations and associations. */
export const containmentFacts = trace.table(
  'containment_facts',
  {
    atIndex: natural('at_index').notNull(),
    at: natural('at').notNull(),
    child: text().notNull(),
    parent: text().notNull(),
    action: text({ enum: ['ADD', 'DELETE'] }).notNull(),
    /** where the child is a lot: how much of it, in `uom` */
    quantity: natural('quantity'),
    uom: text(),
    eventTime: natural('event_time').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.atIndex, table.child] }),
    index().on(table.child),
    index().on(table.parent),
  ],
);
