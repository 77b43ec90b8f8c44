import { type Queries, bulk, isAnyOf } from '@tianyuan/platform';
import { type SQL, sql } from 'drizzle-orm';
import { lotFacts } from '../database/schema.ts';

export type Direction = 'ancestors' | 'descendants';

/**
 * The lots themselves and all that they were made of, or all that was made of them, to any depth and however many: whether a
 * batch may be sold depends on every one of them.
 * @param asOf records from this index on do not count
 */
export async function readLineage(
  queries: Queries,
  lots: readonly string[],
  direction: Direction,
  asOf: number,
): Promise<string[]> {
  if (lots.length === 0) return [];
  const { rows } = await queries.execute<{ lot: string }>(
    sql`${kin(lots, direction, asOf)} select lot from kin`,
  );
  return rows.map(({ lot }) => lot);
}

/** One of `among` that these lots were made of, themselves included, however many ancestors they have. */
export async function findAncestor(
  queries: Queries,
  lots: readonly string[],
  among: readonly string[],
  asOf: number,
): Promise<string | undefined> {
  const { rows } = await queries.execute<{ lot: string }>(
    sql`${kin(lots, 'ancestors', asOf)} select lot from kin where ${isAnyOf(sql`lot`, among)} limit 1`,
  );
  return rows[0]?.lot;
}

/** `union` drops what was found before, so it ends even if there were a cycle. */
function kin(lots: readonly string[], direction: Direction, asOf: number): SQL {
  const [near, far] = direction === 'ancestors' ? ['output', 'use'] : ['use', 'output'];
  return sql`
    with recursive kin(lot) as (
      select * from unnest(${bulk.text(lots)})
      union
      select there.lot from kin
      join ${lotFacts} here on here.lot = kin.lot and here.role = ${near} and here.at_index < ${asOf}
      join ${lotFacts} there on there.at_index = here.at_index and there.role = ${far}
    )`;
}
