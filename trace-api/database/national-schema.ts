import { bytea } from '@tianyuan/platform';
import { index, integer, text } from 'drizzle-orm/pg-core';
import type { NationalFault } from '../national/fault.ts';
import type { Algorithm } from '../national/signing/signature.ts';
import { natural, trace } from './trace-schema.ts';

/** What the national platform answered, one row a record `national-response`; the bytes are in `nationalBodies`. */
export const nationalResponses = trace.table(
  'national_responses',
  {
    atIndex: natural('at_index').primaryKey(),
    /** Unix ms */
    at: natural('at').notNull(),
    batchId: text('batch_id').notNull(),
    traceCode: text('trace_code').notNull(),
    environment: text().notNull(),
    /** the version of the mapping under which it is read, for ever */
    mapping: text().notNull(),
    status: integer().notNull(),
    /** SHA-256 of the body as received, 64 hex digits */
    sha256: text().notNull(),
    outcome: text().$type<'record' | NationalFault>().notNull(),
    signature: text({ enum: ['valid', 'invalid', 'absent'] }).notNull(),
    keyId: text('key_id'),
    /** SHA-256 of the record's RFC 8785 form: another order of members is no change. Null where it is no record */
    content: text(),
    /** the record before it of the same code and environment, where that said something else */
    changedFrom: natural('changed_from'),
  },
  (table) => [index().on(table.batchId, table.atIndex)],
);

/**
 * Bodies by their hash. They belong to the statements that name them as payloads do to entries: no view of the log, and kept
 * in a rebuild.
 */
export const nationalBodies = trace.table('national_bodies', {
  sha256: text().primaryKey(),
  body: bytea().notNull(),
});

/**
 * What the platform signed, by the record `national-response` that its answer is: as the body is, no view of the log, and
 * kept in a rebuild.
 */
export const nationalSignatures = trace.table('national_signatures', {
  atIndex: natural('at_index').primaryKey(),
  algorithm: text().$type<Algorithm>().notNull(),
  /** the text that was signed, whose lines are in docs/trace-china.md */
  signed: text().notNull(),
  /** base64, as it stood in the header */
  signature: text().notNull(),
});

/**
 * How the last attempt for each batch went and when the next one is due: the scheduler's state. Not what anybody said, and so
 * no record; without it a batch is due at once.
 */
export const nationalAttempts = trace.table(
  'national_attempts',
  {
    batchId: text('batch_id').primaryKey(),
    traceCode: text('trace_code').notNull(),
    /** Unix ms */
    at: natural('at').notNull(),
    outcome: text().$type<'record' | NationalFault>().notNull(),
    detail: text().notNull(),
    environment: text().notNull(),
    /** attempts in a row that gave no record */
    failures: integer().notNull(),
    /** Unix ms */
    nextAt: natural('next_at').notNull(),
  },
  (table) => [index().on(table.nextAt)],
);
