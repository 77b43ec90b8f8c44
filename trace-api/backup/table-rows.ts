import type { Queries } from '@tianyuan/platform';
import { sql } from 'drizzle-orm';

const rowsAFetch = 500; // entries with payloads of 16 KiB are some 16 MB in hex
/** A statement's one value; a row of a large batch may alone be larger. */
const maxStatementChars = 8 * 1024 * 1024;

const schema = 'trace';

/** Every table of the service, by name: what is added later is in the next backup without a line here. */
export async function readTables(tx: Queries): Promise<string[]> {
  const { rows } = await tx.execute<{ name: string }>(sql`
    select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = ${schema} and c.relkind = 'r' order by c.relname`);
  return rows.map(({ name }) => name);
}

/** A table's rows in PostgreSQL's own JSON, a row a string, of the transaction's snapshot. */
export async function* readRows(tx: Queries, table: string): AsyncGenerator<string> {
  const cursor = sql.identifier('backup_rows');
  await tx.execute(
    sql`declare ${cursor} no scroll cursor for select row_to_json(t)::text as "row" from ${nameOf(table)} t`,
  );
  for (;;) {
    const { rows } = await tx.execute<{ row: string }>(
      sql`fetch ${sql.raw(String(rowsAFetch))} from ${cursor}`,
    );
    for (const { row } of rows) yield row;
    if (rows.length < rowsAFetch) break;
  }
  await tx.execute(sql`close ${cursor}`);
}

/** Puts rows back as they were, numbers that the database gave included. */
export function rowWriter(tx: Queries, table: string) {
  let rows: string[] = [];
  let chars = 0;
  const flush = async (): Promise<void> => {
    if (rows.length === 0) return;
    await tx.execute(sql`
      insert into ${nameOf(table)} overriding system value
      select r.* from json_populate_recordset(null::${nameOf(table)}, ${`[${rows.join(',')}]`}::json) r`);
    rows = [];
    chars = 0;
  };
  return {
    async add(row: string): Promise<void> {
      rows.push(row);
      chars += row.length;
      if (rows.length >= rowsAFetch || chars >= maxStatementChars) await flush();
    },
    flush,
  };
}

export async function isEmpty(tx: Queries, table: string): Promise<boolean> {
  const { rows } = await tx.execute<{ some: boolean }>(
    sql`select exists (select 1 from ${nameOf(table)}) as some`,
  );
  return !rows[0]!.some;
}

/** Columns that number themselves go on behind what was put back. */
export async function continueNumbers(tx: Queries): Promise<void> {
  const { rows } = await tx.execute<{ table: string; column: string }>(sql`
    select table_name as "table", column_name as "column" from information_schema.columns
    where table_schema = ${schema} and is_identity = 'YES'`);
  for (const { table, column } of rows) {
    await tx.execute(sql`
      select setval(pg_get_serial_sequence(${`${schema}.${table}`}, ${column}),
                    greatest((select max(${sql.identifier(column)}) from ${nameOf(table)}), 1),
                    exists (select 1 from ${nameOf(table)}))`);
  }
}

/** The migrations that this database has run, in their order: rows fit tables of the same ones only. */
export async function readMigrations(tx: Queries): Promise<string[]> {
  const { rows } = await tx.execute<{ hash: string }>(
    sql`select hash from drizzle.trace order by created_at, id`,
  );
  return rows.map(({ hash }) => hash);
}

function nameOf(table: string) {
  return sql`${sql.identifier(schema)}.${sql.identifier(table)}`;
}
