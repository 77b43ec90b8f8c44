import { readFileSync } from 'node:fs';
import type { EpcisEvent } from '@tianyuan/protocol';
import {
  box,
  farm,
  harvest,
  lot,
  make,
  pack,
  shop,
  ship,
} from '@tianyuan/trace-api/genealogy/fixture/events.ts';
import type { GenealogyGraph } from '@tianyuan/trace-api/genealogy/genealogy-graph.ts';
import { readHolders } from '@tianyuan/trace-api/genealogy/read-holders.ts';
import { readLineage } from '@tianyuan/trace-api/genealogy/read-lineage.ts';
import type { Step } from '@tianyuan/trace-api/genealogy/read-steps.ts';
import { now } from '@tianyuan/trace-api/records/as-of.ts';
import { findLog } from '@tianyuan/trace-api/mirror/find-log.ts';
import { isOpenRecord } from '@tianyuan/trace-api/records/is-open-record.ts';
import { rebuild } from '@tianyuan/trace-api/records/rebuild.ts';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { beforeAll, expect, test } from 'vitest';
import { onBothDatabases } from './databases.ts';
import { type Person, newPerson } from './person.ts';
import { type TraceService, ownerToken, platformKey, traceService } from './trace-service.ts';

const ajv = new Ajv({ strict: false });
addFormats.default(ajv);
const schema = new URL('../../trace-api/genealogy/vectors/epcis-json-schema.json', import.meta.url);
const fitsEpcis = ajv.compile(JSON.parse(readFileSync(schema, 'utf8')) as object);

const [farmCode, shopCode] = ['91110000600037341L', '91110108551385082Q'];
const atFarm = { bizLocation: { id: farm } };

type Answer = { status: number; code: number; detail: string; index: number };

onBothDatabases('a genealogy', (database) => {
  let trace: TraceService;
  let farmer: Person;
  let clerk: Person;
  let stranger: Person;

  beforeAll(async () => {
    trace = traceService(database.current());
    [farmer, clerk, stranger] = [newPerson('li-wei'), newPerson('wang-fang'), newPerson('zhao-min')];
    await trace.enrol(platformKey.origin, platformKey.publicKey);
    for (const { id, publicKey } of [farmer, clerk, stranger]) await trace.enrol(id, publicKey);
    const words = { zh: '果园', en: 'Orchard' };
    const organisation = (uscc: string, kind: string) => ({
      name: 'organisation',
      body: { uscc, name: words, kind },
    });
    const person = ({ id }: Person, uscc: string) => ({
      name: 'person',
      body: { person: id, organisation: uscc, commitments: [] },
    });
    const role = ({ id }: Person, name: string, uscc: string) => ({
      name: 'role',
      body: { person: id, role: name, scope: { kind: 'organisation', id: uscc }, from: 0 },
    });
    const said = await trace.records.statements(
      [
        organisation(farmCode, 'farm'),
        organisation(shopCode, 'shop'),
        person(farmer, farmCode),
        person(clerk, shopCode),
        person(stranger, shopCode),
        role(farmer, 'farmer', farmCode),
        role(clerk, 'shopkeeper', shopCode),
      ],
      'owner',
    );
    expect(said).toHaveLength(7);
  });

  async function capture(person: Person, event: EpcisEvent): Promise<Answer> {
    const response = await trace.request('/api/v1/messages', {
      method: 'POST',
      body: new Uint8Array(person.message({ event })),
    });
    return { ...((await response.json()) as Answer), status: response.status };
  }
  async function post(path: string, body: object, headers: object = {}): Promise<Answer> {
    const response = await trace.request(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${ownerToken}`, ...headers },
      body: JSON.stringify(body),
    });
    return { ...((await response.json()) as Answer), status: response.status };
  }
  const putBatch = async (batchId: string, more: object = {}) => {
    const batch = {
      gtin: '06901234567892',
      lot: batchId,
      product: { zh: '脐橙', en: 'navel oranges' },
      origin: { zh: '安远', en: 'Anyuan' },
      limits: [],
      devices: [],
      published: true,
    };
    return trace.putBatch(batchId, { ...batch, ...more });
  };
  const genealogyOf = (batchId: string, query = '') =>
    trace.getJson<GenealogyGraph>(`/api/v1/batches/${batchId}/genealogy${query}`);

  test('counts an event by whoever has a role over the place, the lot or its holder, and by nobody else', async () => {
    expect(await capture(stranger, harvest({ A: 1_000 }, atFarm))).toMatchObject({ status: 403, code: 4011 });
    expect(await capture(farmer, harvest({ A: 1_000, B: 1_000 }, atFarm))).toMatchObject({ status: 201 });
    expect(await capture(clerk, harvest({ A: 1 }, atFarm))).toMatchObject({ status: 403, code: 4011 });
    expect(await capture(farmer, make({ A: 600, B: 400 }, { M: 1_000 }, 0))).toMatchObject({ status: 201 });
    expect(await capture(farmer, make({ M: 900 }, { S: 500, T: 380 }, 20))).toMatchObject({ status: 201 });
    expect(await capture(farmer, pack('ADD', box('1'), { lots: { S: 500 } }))).toMatchObject({ status: 201 });
    expect(await capture(clerk, ship({ things: [box('1')] }, farm, shop))).toMatchObject({ status: 403 });
    expect(await capture(farmer, ship({ things: [box('1')] }, farm, shop))).toMatchObject({ status: 201 });
    const receipt = { ...ship({ things: [box('1')] }, farm, shop), bizStep: 'receiving' };
    expect(await capture(farmer, receipt)).toMatchObject({ status: 403 });
    expect(await capture(clerk, receipt)).toMatchObject({ status: 201 });
  });

  test('names the rule that an event breaks, and logs nothing of it', async () => {
    const { detail, code } = await capture(farmer, make({ A: 300 }, { Z: 301 }, 0));
    expect({ detail, code }).toEqual({
      code: 4022,
      detail: 'outputQuantityList: 301 GRM come out and 0 GRM are lost, but only 300 GRM went in',
    });
    expect(await capture(farmer, make({ S: 1 }, { A: 1 }, 0))).toMatchObject({ status: 403 });
    expect(await capture(farmer, make({ T: 1 }, { A: 1 }, 0))).toMatchObject({ status: 409, code: 4025 });
    expect(await capture(farmer, harvest({ A: 1 }, { bizStep: 'picking oranges' }))).toMatchObject({
      status: 422,
      code: 4020,
      detail: 'bizStep: is no business step of CBV 2.0, and no URI',
    });
  });

  test('is shown of a published batch, both ways and as it stood', async () => {
    for (const name of ['A', 'S', 'T']) expect((await putBatch(name)).status).toBe(200);
    expect((await putBatch('B', { published: false })).status).toBe(200);
    const { nodes, edges } = await genealogyOf('S');
    const known = nodes.map(({ number, batchId }): [string, string | null] => [number, batchId]);
    expect(known.toSorted(([a], [b]) => a.localeCompare(b))).toEqual([
      ['A', 'A'],
      ['B', null],
      ['M', null],
      ['S', 'S'],
    ]);
    expect(edges.map(({ from, to, used, made }) => [from, to, used.quantity, made.quantity])).toEqual([
      [lot('A'), lot('M'), 600, 1_000],
      [lot('B'), lot('M'), 400, 1_000],
      [lot('M'), lot('S'), 900, 500],
    ]);
    expect((await genealogyOf('A', '?direction=descendants')).nodes).toHaveLength(4);
    expect((await genealogyOf('A', '?asOf=1000')).nodes).toHaveLength(1);
    expect((await trace.request('/api/v1/batches/B/genealogy')).status).toBe(404);
  });

  test('tells what happened, in order, to a batch and what it was made of', async () => {
    const { steps } = await trace.getJson<{ steps: Step[] }>('/api/v1/batches/S/steps');
    expect(steps.map(({ words, who }) => `${who} ${words.zh}`)).toEqual([
      'li-wei 采收',
      'li-wei 分级',
      'li-wei 分级',
      'li-wei 包装',
      'li-wei 发货',
      'wang-fang 收货',
    ]);
    expect(steps[4]).toMatchObject({
      from: farm,
      to: shop,
      lots: [{ lot: lot('S'), role: 'content', amount: { quantity: 500, uom: 'GRM' } }],
    });
    // What became of the rest of A is not part of it.
    expect(await capture(farmer, ship({ lots: { A: 100 } }, farm, shop))).toMatchObject({ status: 201 });
    expect((await trace.getJson<{ steps: Step[] }>('/api/v1/batches/S/steps')).steps).toHaveLength(6);
  });

  test('is open to anybody as far as it is told of a published batch, and no further', async () => {
    const { queries } = database.current();
    const log = (await findLog(queries, platformKey.logId))!;
    const isOpen = (index: number) => isOpenRecord(queries, platformKey.logId, log, index);
    const { steps } = await trace.getJson<{ steps: Step[] }>('/api/v1/batches/S/steps');
    // They were recorded before there was a batch, and of lots that have none.
    for (const { index } of steps) expect(await isOpen(index)).toBe(true);
    const rest = await capture(farmer, ship({ lots: { M: 50 } }, farm, shop));
    expect(rest).toMatchObject({ status: 201 });
    expect(await isOpen(rest.index)).toBe(false);
  });

  test('is an EPCIS 2.0 document by the public schema', async () => {
    const response = await trace.request('/api/v1/batches/S/epcis');
    expect(response.headers.get('content-type')).toBe('application/ld+json');
    const document = (await response.json()) as { epcisBody: { eventList: Record<string, unknown>[] } };
    fitsEpcis(document);
    expect(fitsEpcis.errors).toBeNull();
    expect(document.epcisBody.eventList).toHaveLength(6);
    expect(document.epcisBody.eventList[0]).toMatchObject({
      type: 'ObjectEvent',
      'tianyuan:record': { log: platformKey.logId, index: 7, signer: 'li-wei' },
    });
    const broken = {
      ...document,
      epcisBody: { eventList: [{ ...document.epcisBody.eventList[0], action: 'EAT' }] },
    };
    expect(fitsEpcis(broken)).toBe(false);
  });

  test('knows everybody who was given something of a lot or of what was made of it', async () => {
    expect(await post('/api/v1/batches/T/sales', { orderNo: 'O-1', quantity: 80 })).toMatchObject({
      status: 201,
    });
    expect(await post('/api/v1/batches/T/sales', { orderNo: 'O-2', quantity: 5 })).toMatchObject({
      status: 201,
    });
    expect(await post('/api/v1/batches/T/sale-returns', { orderNo: 'O-2', quantity: 5 })).toMatchObject({
      status: 201,
    });
    const { queries } = database.current();
    const reached = await readLineage(queries, [lot('B')], 'descendants', now);
    const holders = await readHolders(queries, reached, now);
    expect(holders.map(({ id, lot: of, how, amount }) => [id, of, how, amount?.quantity])).toEqual([
      [farm, lot('S'), 'shipping', 500],
      [shop, lot('S'), 'shipping', 500],
      [farm, lot('S'), 'receiving', 500],
      [shop, lot('S'), 'receiving', 500],
      [farm, lot('M'), 'shipping', 50],
      [shop, lot('M'), 'shipping', 50],
      ['O-1', lot('T'), 'sale', 80],
    ]);
  });

  test('sells no more than there is, also to two at the same moment, and once to one that asks twice', async () => {
    expect((await putBatch('T', { totalQty: { quantity: 380, uom: 'GRM' } })).status).toBe(200);
    const both = await Promise.all(
      Array.from({ length: 8 }, (_, i) =>
        post('/api/v1/batches/T/sales', { orderNo: `P-${i}`, quantity: 70 }),
      ),
    );
    expect(both.filter(({ status }) => status === 201)).toHaveLength(4);
    expect(both.filter(({ code }) => code === 4026)).toHaveLength(4);
    const key = { 'x-idempotency-key': 'once' };
    const first = await post('/api/v1/batches/T/sales', { orderNo: 'Q-1', quantity: 20 }, key);
    expect(first).toMatchObject({ status: 201 });
    expect(await post('/api/v1/batches/T/sales', { orderNo: 'Q-1', quantity: 20 }, key)).toEqual(first);
    expect(await post('/api/v1/batches/T/sales', { orderNo: 'Q-2', quantity: 1 })).toMatchObject({
      status: 409,
    });
    expect((await putBatch('T', { totalQty: { quantity: 379, uom: 'GRM' } })).status).toBe(409);
    expect(
      await post('/api/v1/batches/T/sales', { orderNo: 'Q-3', quantity: 1 }, { authorization: '' }),
    ).toMatchObject({ code: 4036 });
  });

  test('is the same after a rebuild', async () => {
    const all = async () => ({
      graph: await genealogyOf('S'),
      steps: await trace.getJson('/api/v1/batches/S/steps'),
      holders: await readHolders(database.current().queries, ['A', 'B', 'M', 'S', 'T'].map(lot), now),
    });
    const before = await all();
    await rebuild(database.current(), platformKey.origin);
    expect(await all()).toEqual(before);
  });
});
