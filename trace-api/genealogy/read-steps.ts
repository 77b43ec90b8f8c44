import { type Queries, bulk } from '@tianyuan/platform';
import { asc, sql } from 'drizzle-orm';
import type { Bilingual } from '../batches/batch-view.ts';
import { findBatch } from '../batches/find-batch.ts';
import { eventFacts, lotFacts } from '../database/schema.ts';
import type { Amount, Uom } from './amount.ts';
import { stepWords } from './biz-step.ts';
import { readEdges } from './read-genealogy.ts';
import { readLineage } from './read-lineage.ts';
import { lotUri } from './thing.ts';

/** What a step did with a lot; see `lot_facts`. */
export type StepLot = { lot: string; role: string; amount: Amount | null };

/** One event in the story of a batch. */
export type Step = {
  /** when it happened by its own word, and when it was recorded; Unix ms */
  time: number;
  at: number;
  /** of the record in the platform's log */
  index: number;
  type: string;
  action: string | null;
  step: string | null;
  words: Bilingual;
  disposition: string | null;
  /** URIs */
  place: string | null;
  from: string | null;
  to: string | null;
  /** id of who signed */
  who: string;
  lots: StepLot[];
};

type EventRow = typeof eventFacts.$inferSelect;

/** The events of a batch and of everything that it was made of, in the order in which they happened. */
export async function readSteps(queries: Queries, batchId: string, asOf: number): Promise<Step[]> {
  const events = await readEvents(queries, batchId, asOf);
  const lots = await readLots(
    queries,
    events.map(({ atIndex }) => atIndex),
  );
  return events.map((event) => ({
    time: event.eventTime,
    at: event.at,
    index: event.atIndex,
    type: event.type,
    action: event.action,
    step: event.step,
    words: event.step === null ? typeWords[event.type]! : stepWords(event.step),
    disposition: event.disposition,
    place: event.bizLocation ?? event.readPoint,
    from: event.fromParty,
    to: event.toParty,
    who: event.signer,
    lots: lots.get(event.atIndex) ?? [],
  }));
}

const typeWords: Record<string, Bilingual> = {
  ObjectEvent: { zh: '登记', en: 'recorded' },
  AggregationEvent: { zh: '装载', en: 'packed together' },
  AssociationEvent: { zh: '关联', en: 'associated' },
  TransactionEvent: { zh: '交接', en: 'handed over' },
  TransformationEvent: { zh: '加工', en: 'transformed' },
};

/**
 * The events of a batch and of its ancestors, oldest first by their own time, then in the log's order. Of an ancestor only
 * those up to where it went into the lineage for the last time: what became of the rest of it is another batch's story.
 */
export async function readEvents(queries: Queries, batchId: string, asOf: number): Promise<EventRow[]> {
  const batch = await findBatch(queries, { batchId });
  if (batch === undefined) return [];
  const subject = lotUri(batch);
  const lots = await readLineage(queries, [subject], 'ancestors', asOf);
  const last = new Map([[subject, asOf - 1]]);
  for (const { from, index } of await readEdges(queries, lots, asOf)) last.set(from, index);
  const bounds = sql`unnest(${bulk.text(lots)}, ${bulk.int8(lots.map((lot) => last.get(lot) ?? 0))})`;
  const about = sql`${eventFacts.atIndex} in (
    select fact.at_index from ${bounds} as bound (lot, last)
    join ${lotFacts} fact on fact.lot = bound.lot and fact.at_index <= bound.last)`;
  return queries
    .select()
    .from(eventFacts)
    .where(about)
    .orderBy(asc(eventFacts.eventTime), asc(eventFacts.atIndex));
}

async function readLots(queries: Queries, indices: readonly number[]): Promise<Map<number, StepLot[]>> {
  if (indices.length === 0) return new Map();
  const rows = await queries
    .select()
    .from(lotFacts)
    .where(sql`${lotFacts.atIndex} in (select unnest(${bulk.int8(indices)}))`)
    .orderBy(asc(lotFacts.atIndex), asc(lotFacts.role), asc(lotFacts.lot));
  return new Map(
    [...Map.groupBy(rows, ({ atIndex }) => atIndex)].map(([index, group]) => [
      index,
      group.map(({ lot, role, quantity, uom }) => ({
        lot,
        role,
        amount: quantity === null || uom === null ? null : { quantity, uom: uom as Uom },
      })),
    ]),
  );
}
