import type { PgDatabase, PgQueryResultHKT } from 'drizzle-orm/pg-core';
import type { Db } from 'pg-boss';

/** What `execute` of raw SQL answers with on both drivers. An int8 is a number on one and a string on the other. */
export interface RowsHKT extends PgQueryResultHKT {
  type: Rows<this['row']>;
}

type Rows<Row> = { rows: Row[] };

/** drizzle's query builder over PGlite or node-postgres, whichever was opened; also what a transaction is. */
export type Queries = PgDatabase<RowsHKT>;

export type DatabaseKind = 'pglite' | 'postgres';

/** An open database whose migrations have been run. */
export type Database = {
  kind: DatabaseKind;
  queries: Queries;
  /** the same database as pg-boss takes it: `openJobs` */
  jobStore: Db;
  /** One transaction: committed when `work` resolves, rolled back when it rejects. */
  transaction<T>(work: (tx: Queries) => Promise<T>): Promise<T>;
  /** Rejects where the database does not answer. */
  ping(): Promise<void>;
  close(): Promise<void>;
};

/** Where a service's migrations are, and the name under which the database remembers which of them have run. */
export type Migrations = { service: string; folder: string };
