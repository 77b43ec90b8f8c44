import { index, integer, jsonb, primaryKey, text } from 'drizzle-orm/pg-core';
import type { ExcursionStatement } from '../cold-chain/excursion-statement.ts';
import type { Profile } from '../cold-chain/profile.ts';
import { natural, trace } from './trace-schema.ts';

// What the platform's log says of profiles and excursions, as facts that are only ever added. `at` is Unix ms.

/** Each row is a version of a profile: the youngest one counts. */
export const profiles = trace.table(
  'profiles',
  {
    atIndex: natural('at_index').primaryKey(),
    at: natural('at').notNull(),
    by: text().notNull(),
    profile: text().notNull(),
    body: jsonb().$type<Profile>().notNull(),
  },
  (table) => [index().on(table.profile)],
);

/** Which profile a product or a batch has from then on; one of `gtin` and `batchId` is null. */
export const profileChoices = trace.table(
  'profile_choices',
  {
    atIndex: natural('at_index').primaryKey(),
    at: natural('at').notNull(),
    by: text().notNull(),
    gtin: text(),
    batchId: text('batch_id'),
    /** null where it has none any more */
    profile: text(),
  },
  (table) => [index().on(table.gtin), index().on(table.batchId)],
);

/** What was found of an excursion: that it began, how it ended, or that it was none. The youngest row of each counts. */
export const excursionFacts = trace.table(
  'excursion_facts',
  {
    atIndex: natural('at_index').primaryKey(),
    at: natural('at').notNull(),
    batchId: text('batch_id').notNull(),
    /** what makes it this excursion: see excursionId */
    excursion: text().notNull(),
    body: jsonb().$type<ExcursionStatement>().notNull(),
  },
  (table) => [index().on(table.batchId)],
);

/** Which messages a gateway's tombstone says it lost; of the mirrored log, not of the platform's. */
export const lostRanges = trace.table(
  'lost_ranges',
  {
    log: integer().notNull(),
    /** of the tombstone */
    index: natural('index').notNull(),
    /** its place among the tombstone's ranges */
    part: integer().notNull(),
    device: text().notNull(),
    keyNumber: natural('key_number').notNull(),
    boot: natural('boot').notNull(),
    firstSeq: natural('first_seq').notNull(),
    lastSeq: natural('last_seq').notNull(),
    count: natural('count').notNull(),
  },
  (table) => [primaryKey({ columns: [table.log, table.index, table.part] }), index().on(table.device)],
);
