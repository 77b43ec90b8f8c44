import { type Queries, bulk } from '@tianyuan/platform';
import { type TradeItemLot, ProtocolError, parseDigitalLink } from '@tianyuan/protocol';
import { type SQL, and, asc, eq, gt, sql } from 'drizzle-orm';
import { batches, eventFacts, lotFacts } from '../database/schema.ts';

/** A published batch as it is printed on boxes; `batchId` is also what messages name. */
export type Lot = { gtin: string; lot: string; batchId: string };

/** `shipped`: an event of shipping names it, or what it was packed into; `sold`: a sale took something of it. */
export const lotStates = ['sold-or-shipped', 'sold', 'shipped', 'published'] as const;
export type LotState = (typeof lotStates)[number];

/** Published batches in this state, in the order of their ids, behind the one that the cursor names. */
export async function listLots(
  queries: Queries,
  state: LotState,
  after: string,
  limit: number,
): Promise<Lot[]> {
  return queries
    .select({ gtin: batches.gtin, lot: batches.lot, batchId: batches.batchId })
    .from(batches)
    .where(and(eq(batches.published, true), gt(batches.batchId, after), await inState(queries, state)))
    .orderBy(asc(batches.batchId))
    .limit(limit);
}

const sold = sql`select lot from ${lotFacts} where role = 'sold'`;
const shipped = sql`
  select f.lot from ${lotFacts} f join ${eventFacts} e on e.at_index = f.at_index where e.step = 'shipping'`;

async function inState(queries: Queries, state: LotState): Promise<SQL | undefined> {
  switch (state) {
    case 'published':
      return undefined;
    case 'sold':
      return among(await readNames(queries, sold));
    case 'shipped':
      return among(await readNames(queries, shipped));
    case 'sold-or-shipped':
      return among(await readNames(queries, sql`${sold} union all ${shipped}`));
  }
}

/** Lots that events name by a GTIN and a lot number; whatever else they name has no page. */
async function readNames(queries: Queries, lots: SQL): Promise<TradeItemLot[]> {
  const { rows } = await queries.execute<{ lot: string }>(sql`select distinct lot from (${lots}) as named`);
  return rows.flatMap(({ lot }) => {
    try {
      return [parseDigitalLink(lot)];
    } catch (error) {
      if (error instanceof ProtocolError) return [];
      throw error;
    }
  });
}

function among(names: readonly TradeItemLot[]): SQL {
  return sql`(${batches.gtin}, ${batches.lot}) in (select * from unnest(
    ${bulk.text(names.map(({ gtin }) => gtin))}, ${bulk.text(names.map(({ lot }) => lot))}))`;
}
