import { type Queries, isAnyOf } from '@tianyuan/platform';
import { and, asc, eq, inArray, lt, sql } from 'drizzle-orm';
import { findBatch } from '../batches/find-batch.ts';
import { eventFacts, lotFacts } from '../database/schema.ts';
import type { Amount, Uom } from './amount.ts';
import { findBatches } from './find-batches.ts';
import type { GenealogyGraph, LotEdge, LotNode } from './genealogy-graph.ts';
import { type LotState, supplyOf } from './lot-state.ts';
import { type Direction, readLineage } from './read-lineage.ts';
import { readLotStates } from './read-lot-states.ts';
import { lotOf, lotUri } from './thing.ts';

/**
 * What a batch was made of, what was made of it, or both, to any depth, with what each step used and made.
 * @returns undefined where there is no such batch
 */
export async function readGenealogy(
  queries: Queries,
  batchId: string,
  asOf: number,
  direction: Direction | 'both' = 'both',
): Promise<GenealogyGraph | undefined> {
  const batch = await findBatch(queries, { batchId });
  if (batch === undefined) return undefined;
  const subject = lotUri(batch);
  const directions: Direction[] = direction === 'both' ? ['ancestors', 'descendants'] : [direction];
  const lots = new Set([subject]);
  const edges = new Map<string, LotEdge>();
  for (const way of directions) {
    const kin = await readLineage(queries, [subject], way, asOf);
    for (const lot of kin) lots.add(lot);
    for (const edge of await readEdges(queries, kin, asOf)) {
      edges.set(`${edge.index} ${edge.from} ${edge.to}`, edge);
    }
  }
  return {
    nodes: await readNodes(queries, [...lots], subject, asOf),
    edges: [...edges.values()].toSorted((a, b) => a.index - b.index || (a.from < b.from ? -1 : 1)),
  };
}

async function readNodes(
  queries: Queries,
  lots: readonly string[],
  subject: string,
  asOf: number,
): Promise<LotNode[]> {
  const states = await readLotStates(queries, lots, asOf);
  const batches = await findBatches(queries, lots, asOf);
  return lots.map((lot) => {
    const { gtin, lot: number } = lotOf(lot);
    const batch = batches.get(lot);
    const shown = batch !== undefined && (batch.published || lot === subject);
    return {
      lot,
      gtin,
      number,
      batchId: shown ? batch.batchId : null,
      product: shown ? batch.product : null,
      produced: producedOf(states.get(lot)),
      isSubject: lot === subject,
    };
  });
}

function producedOf(state: LotState | undefined): Amount | null {
  const uom = state?.uom ?? state?.declared?.uom;
  return state === undefined || uom === undefined ? null : { quantity: supplyOf(state), uom };
}

/** The edges between these lots, in the log's order. */
export async function readEdges(queries: Queries, lots: readonly string[], asOf: number): Promise<LotEdge[]> {
  const rows = await queries
    .select({
      index: lotFacts.atIndex,
      lot: lotFacts.lot,
      role: lotFacts.role,
      quantity: sql<string | number>`${lotFacts.quantity}`,
      uom: lotFacts.uom,
      step: eventFacts.step,
    })
    .from(lotFacts)
    .innerJoin(eventFacts, eq(eventFacts.atIndex, lotFacts.atIndex))
    .where(
      and(isAnyOf(lotFacts.lot, lots), inArray(lotFacts.role, ['use', 'output']), lt(lotFacts.atIndex, asOf)),
    )
    .orderBy(asc(lotFacts.atIndex), asc(lotFacts.lot));
  const amount = (row: (typeof rows)[number]): Amount => ({
    quantity: Number(row.quantity),
    uom: row.uom as Uom,
  });
  return [...Map.groupBy(rows, ({ index }) => index).values()].flatMap((event) => {
    const outputs = event.filter(({ role }) => role === 'output');
    return event
      .filter(({ role }) => role === 'use')
      .flatMap((from) =>
        outputs.map((to) => ({
          from: from.lot,
          to: to.lot,
          used: amount(from),
          made: amount(to),
          step: from.step,
          index: from.index,
        })),
      );
  });
}
