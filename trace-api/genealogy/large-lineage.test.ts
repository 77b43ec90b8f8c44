import { type Database, bulk, openDatabase } from '@tianyuan/platform';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findBatch } from '../batches/find-batch.ts';
import { batches, eventFacts, lotFacts, statusFacts } from '../database/schema.ts';
import { migrations } from '../open-trace-api.ts';
import { now } from '../records/as-of.ts';
import { readStatus } from '../status/read-status.ts';
import { findReach } from '../status/recall-reach.ts';
import { farm, lot, shop } from './fixture/events.ts';
import { readGenealogy } from './read-genealogy.ts';
import { readStandings } from './read-standings.ts';
import { readEvents } from './read-steps.ts';

// More than a statement binds values, and more than anybody's mix of harvests: nothing here may be left out for that.
const harvests = 70_000;
const names = Array.from({ length: harvests }, (_, i) => `H${i}`);
const last = names.at(-1)!;

let database: Database;

beforeAll(async () => {
  database = await openDatabase({ migrations });
  const { queries } = database;
  await queries.insert(batches).values(['JUICE', last].map((name) => batch(name)));
  await queries.insert(eventFacts).values([event(1, null, null), event(2, farm, shop)]);
  // All harvests become one juice, and each is handed to the shop besides.
  await insertFacts(1, [['JUICE', 'output'], ...names.map((name) => [name, 'use'] as const)]);
  await insertFacts(
    2,
    names.map((name) => [name, 'observe'] as const),
  );
  await queries.insert(statusFacts).values({
    atIndex: 3,
    at: 3,
    batchId: last,
    kind: 'recall',
    reason: { zh: '农残', en: 'residues' },
    by: 'somebody',
    class: 1,
  });
}, 120_000);
afterAll(() => database.close());

function batch(batchId: string) {
  return {
    batchId,
    gtin: '06901234567892',
    lot: batchId,
    product: { zh: '橙汁', en: 'orange juice' },
    origin: { zh: '安远', en: 'Anyuan' },
    limits: [],
    devices: [],
    published: true,
  };
}

function event(atIndex: number, fromParty: string | null, toParty: string | null) {
  return {
    atIndex,
    at: atIndex,
    eventTime: atIndex,
    signer: 'somebody',
    body: {},
    type: 'TransformationEvent',
    fromParty,
    toParty,
  };
}

async function insertFacts(atIndex: number, facts: readonly (readonly [name: string, role: string])[]) {
  await database.queries.execute(sql`
    insert into ${lotFacts} (at_index, at, lot, role, quantity, uom, event_time)
    select ${atIndex}::int8, ${atIndex}::int8, f.lot, f.role, 1, 'GRM', ${atIndex}::int8
    from unnest(${bulk.text(facts.map(([name]) => lot(name)))}, ${bulk.text(facts.map(([, role]) => role))}) as f (lot, role)`);
}

test('a batch of very many harvests is recalled with any one of them', async () => {
  const { status, reasons } = await readStatus(database.queries, 'JUICE', now, 10);
  expect(status).toBe('recalled');
  expect(reasons).toHaveLength(1);
});

test('its genealogy and its story have every one', async () => {
  const graph = (await readGenealogy(database.queries, 'JUICE', now))!;
  expect(graph.nodes).toHaveLength(harvests + 1);
  expect(graph.edges).toHaveLength(harvests);
  expect((await readEvents(database.queries, 'JUICE', now)).map(({ atIndex }) => atIndex)).toEqual([1]);
});

test('the reach of a recall has every holder', async () => {
  const harvest = (await findBatch(database.queries, { batchId: last }))!;
  const reach = await findReach(database.queries, harvest, now);
  expect(reach.lots.map(({ lot: uri }) => uri)).toEqual([lot(last), lot('JUICE')]);
  expect(reach.holders.map(({ id }) => id)).toEqual([farm, shop]);
});

test('who may speak of very many lots is asked of every one', async () => {
  const standings = await readStandings(database.queries, names.map(lot), now);
  expect(standings.size).toBe(harvests);
  expect(standings.get(lot(last))).toMatchObject({ isNew: false, holder: shop });
});
