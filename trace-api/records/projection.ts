import type { Queries } from '@tianyuan/platform';
import type { PgTable } from 'drizzle-orm/pg-core';
import type { z } from 'zod';
import type { DomainEvent, Recorded, Refusal } from './recorded.ts';

/**
 * A view of the platform's log, kept in tables of its own: append-only facts with the record's index, so that a view "as
 * it stood" is a bound on it. Its tables hold nothing that does not come from a record: a rebuild empties them and
 * applies every record again.
 */
export type Projection = {
  name: string;
  /** statements that are its own, with the schemas of their bodies: strict objects of what RFC 8785 can say in integers */
  statements?: Record<string, z.ZodType>;
  /** the records that it takes: bodies of messages and names of statements */
  takes: readonly string[];
  /** those of `takes` whose payload anybody may see once they concern a published batch */
  open?: readonly string[];
  tables: readonly PgTable[];
  /** Asked under the log's lock, before anything is logged. Must not write. */
  refuse?: (tx: Queries, record: Recorded) => Promise<Refusal | undefined>;
  /** In the transaction that logs the record; `emit` reaches the outbox in the same transaction, and nobody in a rebuild. */
  apply: (tx: Queries, record: Recorded, emit: (event: DomainEvent) => void) => Promise<void>;
  /** ids of the batches that a record concerns, asked after it was applied */
  batches?: (tx: Queries, record: Recorded) => Promise<readonly string[]>;
};
