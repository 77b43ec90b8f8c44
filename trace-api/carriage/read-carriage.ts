import { type Queries, bulk, isAnyOf } from '@tianyuan/platform';
import { type SQL, and, eq, like, lt, or, sql } from 'drizzle-orm';
import { batches, bindings, containmentFacts } from '../database/schema.ts';
import { batchOfUri, batchUris, carrierUri } from './carrier.ts';
import { type BindingFact, type Exposure, exposures, measuredBy } from './exposures.ts';
import type { ContainmentFact } from './holdings.ts';
import type { Presence } from './reach.ts';

/** By what a batch is named. */
export type BatchNames = { batchId: string; gtin: string; lot: string };

/** Which devices measured a batch, when, and through what, as the platform's log knew before `asOf`. */
export async function readExposures(queries: Queries, batch: BatchNames, asOf: number): Promise<Exposure[]> {
  const names = batchUris(batch);
  const around = await readThings(queries, names, { from: sql`child`, to: sql`parent` }, asOf);
  const carried = or(
    isAnyOf(containmentFacts.child, around),
    and(
      isAnyOf(containmentFacts.parent, around),
      like(containmentFacts.child, `${carrierUri({ kind: 'device', id: '' })}%`),
    ),
  );
  const facts = await readContainments(queries, carried, asOf);
  return exposures(names, await readBindings(queries, isAnyOf(bindings.carrier, around), asOf), facts);
}

/** Everything that a device measured, and when, as the platform's log knew before `asOf`. */
export async function readMeasured(queries: Queries, device: string, asOf: number): Promise<Presence[]> {
  const own = await readBindings(queries, eq(bindings.device, device), asOf);
  const uri = carrierUri({ kind: 'device', id: device });
  const put = await readContainments(queries, eq(containmentFacts.child, uri), asOf);
  const starts = [...new Set([...own.map(({ carrier }) => carrier), ...put.map(({ parent }) => parent)])];
  if (starts.length === 0) return [];
  const inside = await readThings(queries, starts, { from: sql`parent`, to: sql`child` }, asOf);
  const facts = await readContainments(queries, isAnyOf(containmentFacts.parent, inside), asOf);
  return measuredBy(device, own, facts);
}

/** The batches that these URIs name. */
export async function findBatchesAmong(
  queries: Queries,
  things: readonly string[],
): Promise<(typeof batches.$inferSelect)[]> {
  const named = things.flatMap((thing) => batchOfUri(thing) ?? []);
  const ids = named.flatMap((one) => ('batchId' in one ? [one.batchId] : []));
  const lots = named.flatMap((one) => ('gtin' in one ? [one] : []));
  if (named.length === 0) return [];
  const isLot = sql`(${batches.gtin}, ${batches.lot}) in (select * from unnest(
    ${bulk.text(lots.map(({ gtin }) => gtin))}, ${bulk.text(lots.map(({ lot }) => lot))}))`;
  return queries
    .select()
    .from(batches)
    .where(or(sql`${batches.batchId} = any(${bulk.text(ids)})`, isLot))
    .orderBy(batches.batchId);
}

/** Whatever can be reached along containments at any time; when, is for others to work out. Cycles end it. */
async function readThings(
  queries: Queries,
  starts: readonly string[],
  { from, to }: { from: SQL; to: SQL },
  asOf: number,
): Promise<string[]> {
  const { rows } = await queries.execute<{ thing: string }>(sql`
    with recursive around (thing) as (
      select * from unnest(${bulk.text([...starts])})
      union
      select c.${to} from ${containmentFacts} c join around on c.${from} = around.thing
      where c.action = 'ADD' and c.at_index < ${asOf}
    )
    select thing from around`);
  return rows.map(({ thing }) => thing);
}

async function readContainments(
  queries: Queries,
  which: SQL | undefined,
  asOf: number,
): Promise<ContainmentFact[]> {
  const { atIndex, child, parent, action, quantity, eventTime } = containmentFacts;
  return queries
    .select({ atIndex, child, parent, action, quantity, eventTime })
    .from(containmentFacts)
    .where(and(lt(atIndex, asOf), which))
    .orderBy(atIndex);
}

async function readBindings(queries: Queries, which: SQL, asOf: number): Promise<BindingFact[]> {
  const { atIndex, device, carrier, from, until, counts } = bindings;
  return queries
    .select({ atIndex, device, carrier, from, until })
    .from(bindings)
    .where(and(counts, lt(atIndex, asOf), which))
    .orderBy(atIndex);
}
