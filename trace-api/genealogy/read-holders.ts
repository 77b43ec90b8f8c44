import { type Queries, isAnyOf } from '@tianyuan/platform';
import { and, asc, eq, isNotNull, lt, or, sql } from 'drizzle-orm';
import { eventFacts, lotFacts } from '../database/schema.ts';
import type { Amount, Uom } from './amount.ts';

/** Who was given something of a lot: an organisation, person or room by its URI, or an order by its number. */
export type Holder = {
  kind: 'party' | 'order';
  id: string;
  lot: string;
  /** null where the event named a box or a truck and nobody said what is in it */
  amount: Amount | null;
  /** the business step, or `sale` */
  how: string;
  /** Unix ms, when it was recorded */
  at: number;
  index: number;
};

/** Everybody who holds or held something of these lots, oldest record first; an order that gave all of it back is none. */
export async function readHolders(
  queries: Queries,
  lots: readonly string[],
  asOf: number,
): Promise<Holder[]> {
  if (lots.length === 0) return [];
  return [...(await readParties(queries, lots, asOf)), ...(await readOrders(queries, lots, asOf))].toSorted(
    (a, b) => a.index - b.index,
  );
}

async function readParties(queries: Queries, lots: readonly string[], asOf: number): Promise<Holder[]> {
  const rows = await queries
    .select({
      lot: lotFacts.lot,
      quantity: lotFacts.quantity,
      uom: lotFacts.uom,
      at: lotFacts.at,
      index: lotFacts.atIndex,
      from: eventFacts.fromParty,
      to: eventFacts.toParty,
      step: eventFacts.step,
      type: eventFacts.type,
    })
    .from(lotFacts)
    .innerJoin(eventFacts, eq(eventFacts.atIndex, lotFacts.atIndex))
    .where(
      and(
        isAnyOf(lotFacts.lot, lots),
        lt(lotFacts.atIndex, asOf),
        or(isNotNull(eventFacts.toParty), isNotNull(eventFacts.fromParty)),
      ),
    )
    .orderBy(asc(lotFacts.atIndex));
  return rows.flatMap(({ from, to, quantity, uom, step, type, ...row }) =>
    [from, to].flatMap((party) =>
      party === null
        ? []
        : [{ ...row, kind: 'party' as const, id: party, how: step ?? type, amount: amountOf(quantity, uom) }],
    ),
  );
}

async function readOrders(queries: Queries, lots: readonly string[], asOf: number): Promise<Holder[]> {
  const kept = sql<
    string | number
  >`sum(case ${lotFacts.role} when 'sold' then ${lotFacts.quantity} else -${lotFacts.quantity} end)`;
  const rows = await queries
    .select({
      orderNo: lotFacts.orderNo,
      lot: lotFacts.lot,
      kept,
      uom: sql<Uom>`max(${lotFacts.uom})`,
      at: sql<string | number>`min(${lotFacts.at})`,
      index: sql<string | number>`min(${lotFacts.atIndex})`,
    })
    .from(lotFacts)
    .where(and(isAnyOf(lotFacts.lot, lots), isNotNull(lotFacts.orderNo), lt(lotFacts.atIndex, asOf)))
    .groupBy(lotFacts.orderNo, lotFacts.lot)
    .having(sql`${kept} > 0`);
  return rows.map((row) => ({
    kind: 'order' as const,
    id: row.orderNo!,
    lot: row.lot,
    amount: amountOf(Number(row.kept), row.uom),
    how: 'sale',
    at: Number(row.at),
    index: Number(row.index),
  }));
}

const amountOf = (quantity: number | null, uom: string | null): Amount | null =>
  quantity === null || uom === null ? null : { quantity, uom: uom as Uom };
