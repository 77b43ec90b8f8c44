import { type Queries, isAnyOf } from '@tianyuan/platform';
import { and, lt, sql } from 'drizzle-orm';
import { containmentFacts, lotFacts, pieceMasses } from '../database/schema.ts';
import type { Uom } from './amount.ts';
import { findBatches } from './find-batches.ts';
import { type LotState, unknownLot } from './lot-state.ts';

/** What the log says of these lots before `asOf`, by their URIs. What a batch declares is what it declares now. */
export async function readLotStates(
  queries: Queries,
  lots: readonly string[],
  asOf: number,
): Promise<Map<string, LotState>> {
  const states = new Map<string, LotState>();
  if (lots.length === 0) return states;
  const change = (lot: string, more: Partial<LotState>) =>
    states.set(lot, { ...(states.get(lot) ?? unknownLot), known: true, ...more });
  for (const [lot, { totalQty }] of await findBatches(queries, lots)) {
    change(lot, { declared: totalQty ?? undefined });
  }
  const masses = await queries
    .select({ lot: pieceMasses.lot, grams: pieceMasses.grams })
    .from(pieceMasses)
    .where(and(isAnyOf(pieceMasses.lot, lots), lt(pieceMasses.atIndex, asOf)));
  for (const { lot, grams } of masses) change(lot, { pieceGrams: grams });
  for (const [lot, amounts] of await readAmounts(queries, lots, asOf)) change(lot, amounts);
  for (const [lot, packed] of await readPacked(queries, lots, asOf)) change(lot, { packed });
  return states;
}

async function readAmounts(queries: Queries, lots: readonly string[], asOf: number) {
  const rows = await queries
    .select({
      lot: lotFacts.lot,
      role: lotFacts.role,
      uom: sql<Uom | null>`max(${lotFacts.uom})`,
      sum: sql<string | number | null>`sum(${lotFacts.quantity})`,
    })
    .from(lotFacts)
    .where(and(isAnyOf(lotFacts.lot, lots), lt(lotFacts.atIndex, asOf)))
    .groupBy(lotFacts.lot, lotFacts.role);
  const found = new Map<string, Pick<LotState, 'uom' | 'produced' | 'used' | 'lost' | 'sold'>>();
  for (const { lot, role, uom, sum } of rows) {
    const state = found.get(lot) ?? { uom: undefined, produced: 0, used: 0, lost: 0, sold: 0 };
    found.set(lot, state);
    state.uom ??= uom ?? undefined;
    const quantity = Number(sum ?? 0);
    if (role === 'commission' || role === 'output') state.produced += quantity;
    else if (role === 'use') state.used += quantity;
    else if (role === 'loss') state.lost += quantity;
    else if (role === 'sold') state.sold += quantity;
    else if (role === 'return') state.sold -= quantity;
  }
  return found;
}

async function readPacked(queries: Queries, lots: readonly string[], asOf: number) {
  const inside = sql<
    string | number
  >`sum(case ${containmentFacts.action} when 'ADD' then ${containmentFacts.quantity} else -${containmentFacts.quantity} end)`;
  const rows = await queries
    .select({ lot: containmentFacts.child, packed: inside })
    .from(containmentFacts)
    .where(and(isAnyOf(containmentFacts.child, lots), lt(containmentFacts.atIndex, asOf)))
    .groupBy(containmentFacts.child);
  return new Map(rows.map(({ lot, packed }) => [lot, Number(packed)]));
}
