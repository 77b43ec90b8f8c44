import type { Queries } from '@tianyuan/platform';
import { type SQL, sql } from 'drizzle-orm';
import { lotFacts } from '../database/schema.ts';

export type Direction = 'ancestors' | 'descendants';

/** A lot with more relatives than this is shown without the others; a mix of mixes of a whole season has some hundreds. */
export const maxRelatives = 10_000;

/**
 * The lots themselves and all that they were made of, or all that was made of them, to any depth.
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
    sql`${kin(lots, direction, asOf)} select lot from kin limit ${maxRelatives}`,
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
    sql`${kin(lots, 'ancestors', asOf)} select lot from kin where lot in ${among} limit 1`,
  );
  return rows[0]?.lot;
}

/** `union` drops what was found before, so it ends even if there were a cycle. */
function kin(lots: readonly string[], direction: Direction, asOf: number): SQL {
  const [near, far] = direction === 'ancestors' ? ['output', 'use'] : ['use', 'output'];
  const start = sql.join(
    lots.map((lot) => sql`(${lot}::text)`),
    sql`, `,
  );
  return sql`
    with recursive kin(lot) as (
      select v.lot from (values ${start}) as v(lot)
      union
      select there.lot from kin
      join ${lotFacts} here on here.lot = kin.lot and here.role = ${near} and here.at_index < ${asOf}
      join ${lotFacts} there on there.at_index = here.at_index and there.role = ${far}
    )`;
}
