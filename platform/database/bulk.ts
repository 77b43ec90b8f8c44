import { type SQL, type SQLWrapper, sql } from 'drizzle-orm';

/**
 * Parameters for one statement that writes many rows: `insert … select … from unnest(…)`. A statement binds at most
 * 32,767 values, which rows of ten columns reach at 3,276; an array is one value however long it is. Arrays travel as
 * text because that costs both drivers nothing.
 */
export const bulk = {
  int4: (values: readonly (number | null)[]): SQL => sql`${arrayLiteral(values)}::text::int4[]`,
  int8: (values: readonly (number | null)[]): SQL => sql`${arrayLiteral(values)}::text::int8[]`,
  bool: (values: readonly boolean[]): SQL => sql`${arrayLiteral(values)}::text::bool[]`,
  text: (values: readonly (string | null)[]): SQL => sql`${arrayLiteral(values.map(quote))}::text::text[]`,
};

/**
 * That a column is one of so many values: `in (…)` binds each and fails at the bound of a statement, and `= any(…)` of a bound
 * array is looked through from its start for each row.
 */
export const isAnyOf = (column: SQLWrapper, values: readonly string[]): SQL =>
  sql`${column} in (select unnest(${bulk.text(values)}))`;

/** A byte string as one bound value. */
export function bytes(value: Uint8Array): SQL {
  return sql`${Buffer.isBuffer(value) ? value : Buffer.from(value.buffer, value.byteOffset, value.byteLength)}::bytea`;
}

function arrayLiteral(values: readonly (number | boolean | string | null)[]): string {
  return `{${values.map((value) => value ?? 'NULL').join(',')}}`;
}

/** PostgreSQL manual 8.15.2: quoted elements escape the quote and the backslash. */
function quote(text: string | null): string | null {
  return text === null ? null : `"${text.replace(/["\\]/g, '\\$&')}"`;
}
