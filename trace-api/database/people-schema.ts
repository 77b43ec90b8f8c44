import { boolean, index, jsonb, primaryKey, text } from 'drizzle-orm/pg-core';
import { bytea } from '@tianyuan/platform';
import type { Bilingual } from '../batches/batch-view.ts';
import { natural, trace } from './trace-schema.ts';

// Organisations, people and their roles are facts of the platform's log: `at_index` is the record that says so.

const fact = { atIndex: natural('at_index').notNull(), at: natural('at').notNull() };

/** What an organisation is called and does. A later fact about the same code takes this one's place. */
export const organisations = trace.table(
  'organisations',
  {
    ...fact,
    /** 统一社会信用代码 */
    uscc: text().notNull(),
    name: jsonb().$type<Bilingual>().notNull(),
    kind: text().notNull(),
  },
  (table) => [primaryKey({ columns: [table.uscc, table.atIndex] })],
);

/** Whose a person is, by the id under which the registry has the person's keys. A later fact takes this one's place. */
export const people = trace.table(
  'people',
  {
    ...fact,
    person: text().notNull(),
    organisation: text().notNull(),
    /** of the salted personal fields, 64 hex digits each */
    commitments: text().array().notNull(),
  },
  (table) => [primaryKey({ columns: [table.person, table.atIndex] }), index().on(table.organisation)],
);

export const roleGrants = trace.table(
  'role_grants',
  {
    /** also how the role is named where it ends */
    ...fact,
    person: text().notNull(),
    role: text().notNull(),
    scopeKind: text('scope_kind').notNull(),
    scopeId: text('scope_id').notNull(),
    /** Unix ms, `until` not included */
    from: natural('from').notNull(),
    until: natural('until'),
    by: text().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.atIndex] }),
    index().on(table.person),
    index().on(table.scopeKind, table.scopeId),
  ],
);

/** That a role ends, earlier than it was given for. Of several the earliest counts. */
export const roleEnds = trace.table(
  'role_ends',
  {
    ...fact,
    /** the index of the record that gave it */
    role: natural('role').notNull(),
    until: natural('until').notNull(),
    by: text().notNull(),
  },
  (table) => [primaryKey({ columns: [table.atIndex] }), index().on(table.role)],
);

/** That a thing is an organisation's, a batch a plot's, a device a truck's. A later fact about both takes this one's place. */
export const belongings = trace.table(
  'belongings',
  {
    ...fact,
    thingKind: text('thing_kind').notNull(),
    thingId: text('thing_id').notNull(),
    toKind: text('to_kind').notNull(),
    toId: text('to_id').notNull(),
    from: natural('from').notNull(),
    until: natural('until'),
    /** somebody said so, the catalogue has it, or it was handed over */
    way: text({ enum: ['said', 'catalogue', 'hand-over'] })
      .notNull()
      .default('said'),
  },
  (table) => [
    primaryKey({ columns: [table.thingKind, table.thingId, table.toKind, table.toId, table.atIndex] }),
  ],
);

// What follows is of no log: it can be erased, or is over in a day.

/** What is known of a person beyond an id, one row a field; gone once it is erased, and then nobody can say what it was. */
export const personalData = trace.table(
  'personal_data',
  {
    /** SHA-256 of the salted field, which the log has */
    commitment: text().primaryKey(),
    person: text().notNull(),
    name: text().notNull(),
    /** its RFC 8785 form. Not jsonb: drivers parse a string in it once more, and a mobile number becomes a number */
    value: text().notNull(),
    /** 16 random bytes */
    salt: bytea().notNull(),
  },
  (table) => [index().on(table.person)],
);

/** What somebody has been asked to sign in order to log in. */
export const sessionChallenges = trace.table('session_challenges', {
  /** 32 random bytes, base64url */
  challenge: text().primaryKey(),
  person: text().notNull(),
  expiresAt: natural('expires_at').notNull(),
});

export const sessions = trace.table(
  'sessions',
  {
    /** SHA-256 of the bearer token, 64 hex digits: who reads this table cannot use it */
    tokenHash: text('token_hash').primaryKey(),
    person: text().notNull(),
    /** of `keys`: a session ends with the key that opened it */
    key: natural('key').notNull(),
    createdAt: natural('created_at').notNull(),
    expiresAt: natural('expires_at').notNull(),
    revoked: boolean().notNull(),
  },
  (table) => [index().on(table.person)],
);
