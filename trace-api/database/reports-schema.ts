import { bytea } from '@tianyuan/platform';
import { boolean, index, integer, jsonb, text, uniqueIndex } from 'drizzle-orm/pg-core';
import type { Bilingual } from '../batches/batch-view.ts';
import type { Finding } from '../reports/statements.ts';
import { natural, trace } from './trace-schema.ts';

/**
 * Files by their hash: reports, pictures, lists of what a recall reached. In the database and not on a disk, so that one
 * backup has them with what refers to them, and several processes on one database serve them. They are no projection: what
 * the log has is their hash.
 */
export const files = trace.table('files', {
  /** 64 hex digits */
  sha256: text().primaryKey(),
  mediaType: text('media_type').notNull(),
  length: natural('length').notNull(),
  bytes: bytea().notNull(),
  /** who brought it first, and when, Unix ms */
  by: text().notNull(),
  at: natural('at').notNull(),
});

/** Signed reports, a row a message. */
export const reports = trace.table(
  'reports',
  {
    atIndex: natural('at_index').primaryKey(),
    at: natural('at').notNull(),
    /** whose key signed it */
    by: text().notNull(),
    /** whether the signer held a role with which to report on the batch: another's word opens no case */
    counts: boolean().notNull(),
    /** null where the report is about something else */
    batchId: text('batch_id'),
    subjectKind: text('subject_kind').notNull(),
    subjectId: text('subject_id').notNull(),
    sha256: text().notNull(),
    kind: text().notNull(),
    issuer: text().notNull(),
    mediaType: text('media_type'),
    length: natural('length'),
    model: text(),
    version: text(),
    /** m% */
    score: integer(),
  },
  (table) => [index().on(table.batchId), index().on(table.sha256)],
);

/** What a report says inside, declared beside it; the newest of a report counts. */
export const reportFindings = trace.table(
  'report_findings',
  {
    atIndex: natural('at_index').primaryKey(),
    at: natural('at').notNull(),
    by: text().notNull(),
    reportIndex: natural('report_index').notNull(),
    inspectedAt: natural('inspected_at'),
    grade: text(),
    laboratory: text(),
    findings: jsonb().$type<Finding[]>().notNull(),
  },
  (table) => [index().on(table.reportIndex)],
);

/** Reports that disagree with the trace. */
export const cases = trace.table(
  'cases',
  {
    atIndex: natural('at_index').primaryKey(),
    at: natural('at').notNull(),
    by: text().notNull(),
    batchId: text('batch_id').notNull(),
    reportIndex: natural('report_index').notNull(),
    disagreement: text().notNull(),
    detail: jsonb().$type<Bilingual>().notNull(),
    holds: boolean().notNull(),
  },
  (table) => [uniqueIndex().on(table.reportIndex, table.disagreement), index().on(table.batchId)],
);

export const caseClosures = trace.table('case_closures', {
  atIndex: natural('at_index').primaryKey(),
  at: natural('at').notNull(),
  by: text().notNull(),
  caseIndex: natural('case_index').notNull().unique(),
  outcome: text().notNull(),
  note: jsonb().$type<Bilingual>().notNull(),
});
