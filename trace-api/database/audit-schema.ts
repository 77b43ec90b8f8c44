import { index, integer, primaryKey, text } from 'drizzle-orm/pg-core';
import { natural, trace } from './trace-schema.ts';

/**
 * Who wrote what, a line a request, never changed and never deleted. A chain is of one process and one day, UTC; each line
 * holds the hash of the one before, so that none can be taken out, put in or changed but at a chain's end.
 */
export const auditLines = trace.table(
  'audit_lines',
  {
    /** `2026-11-26/` and 16 hex digits of the process */
    chain: text().notNull(),
    /** from 0 in each chain */
    seq: natural('seq').notNull(),
    /** Unix ms */
    at: natural('at').notNull(),
    /** `owner`, a person's id, or `-` where nobody said who they are */
    who: text().notNull(),
    method: text().notNull(),
    /** without its query */
    path: text().notNull(),
    requestId: text('request_id').notNull(),
    /** SHA-256 in hex: a caller may have put anything into the key */
    idempotencyKey: text('idempotency_key'),
    status: integer().notNull(),
    /** the code of the problem document, where there is one */
    code: integer(),
    /** refused requests of nobody in particular that were not given a line since the last one */
    skipped: integer().notNull(),
    /** of the line before, 64 hex digits; of zeros in the first */
    prev: text().notNull(),
    /** SHA-256 of this line and `prev` */
    hash: text().notNull(),
  },
  (table) => [primaryKey({ columns: [table.chain, table.seq] }), index().on(table.at)],
);

/** How long a chain was, and its last hash, when the platform's log was told. A projection of that log. */
export const auditHeads = trace.table(
  'audit_heads',
  {
    atIndex: natural('at_index').primaryKey(),
    at: natural('at').notNull(),
    chain: text().notNull(),
    lines: natural('lines').notNull(),
    hash: text().notNull(),
  },
  (table) => [index().on(table.chain, table.lines)],
);
