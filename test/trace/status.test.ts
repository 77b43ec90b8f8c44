import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EventEnvelope, serve } from '@tianyuan/platform';
import { farm, harvest, lot, make, shop, ship } from '@tianyuan/trace-api/genealogy/fixture/events.ts';
import { rebuild } from '@tianyuan/trace-api/records/rebuild.ts';
import type { StatusView } from '@tianyuan/trace-api/status/batch-status.ts';
import { runRecall } from '@tianyuan/trace-api/status/recall-command.ts';
import { hashOf } from '@tianyuan/trace-api/reports/files.ts';
import { beforeAll, expect, test } from 'vitest';
import { onBothDatabases } from './databases.ts';
import { type Person, newPerson } from './person.ts';
import { type TraceService, ownerToken, platformKey, traceService } from './trace-service.ts';

const [farmCode, shopCode] = ['91110000600037341L', '91110108551385082Q'];
const reason = { zh: '农药残留超标', en: 'pesticide residue over the limit' };
const atFarm = { bizLocation: { id: farm } };

type Answer = { status: number; code: number; detail: string; index: number };
type Recalled = Answer & {
  complete: boolean;
  evidence: { sha256: string; length: number; batches: number; holders: number };
  lots: { lot: string; batchId: string | null }[];
  holders: { kind: string; id: string }[];
};

onBothDatabases("a batch's status", (database) => {
  let trace: TraceService;
  let farmer: Person;
  const events: EventEnvelope[] = [];

  beforeAll(async () => {
    trace = traceService(database.current());
    farmer = newPerson('li-wei');
    await trace.enrol(platformKey.origin, platformKey.publicKey);
    await trace.enrol(farmer.id, farmer.publicKey);
    const scope = { kind: 'organisation', id: farmCode };
    const words = { zh: '果园', en: 'Orchard' };
    await trace.records.statements(
      [
        { name: 'organisation', body: { uscc: farmCode, name: words, kind: 'farm' } },
        { name: 'organisation', body: { uscc: shopCode, name: words, kind: 'shop' } },
        { name: 'person', body: { person: farmer.id, organisation: farmCode, commitments: [] } },
        { name: 'role', body: { person: farmer.id, role: 'farmer', scope, from: 0 } },
      ],
      'owner',
    );
    for (const id of ['A', 'B', 'M', 'S', 'T', 'other']) {
      expect((await putBatch(id, id === 'T' ? { published: false } : {})).status).toBe(200);
    }
    // A and B are mixed into M, and M is split into S and T.
    await capture(harvest({ A: 1_000, B: 1_000, other: 1_000 }, atFarm));
    await capture(make({ A: 500, B: 500 }, { M: 1_000 }, 0));
    await capture(make({ M: 1_000 }, { S: 600, T: 400 }, 0));
    await capture(ship({ lots: { S: 600 } }, farm, shop));
    const types = ['Batch.Recalled', 'Batch.RecallLifted', 'Batch.Held', 'Batch.Released'];
    await trace.bus.subscribe('shop', types, async (event) => void events.push(event));
    await trace.dispatch();
  });

  async function capture(event: object): Promise<void> {
    const payload = new Uint8Array(farmer.message({ event: event as never }));
    const response = await trace.request('/api/v1/messages', { method: 'POST', body: payload });
    expect(response.status, await response.clone().text()).toBe(201);
  }
  const putBatch = (batchId: string, more: object) =>
    trace.putBatch(batchId, {
      gtin: '06901234567892',
      lot: batchId,
      product: { zh: '脐橙', en: 'navel oranges' },
      origin: { zh: '安远', en: 'Anyuan' },
      limits: [],
      devices: [],
      published: true,
      ...more,
    });
  async function post<T = Answer>(
    path: string,
    body: object,
    headers: Record<string, string> = {},
  ): Promise<T> {
    const response = await trace.request(`/api/v1/batches/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${ownerToken}`, ...headers },
      body: JSON.stringify(body),
    });
    return { ...((await response.json()) as T), status: response.status };
  }
  const owner = { authorization: `Bearer ${ownerToken}` };
  const status = (id: string, query = '') =>
    trace.getJson<StatusView>(`/api/v1/batches/${id}/status${query}`, owner);
  const page = async (id: string, headers: Record<string, string> = {}) =>
    trace.request(`/01/06901234567892/10/${id}`, { headers });
  const delivered = async (): Promise<[string, string][]> => {
    events.length = 0;
    expect(await trace.dispatch()).toBe(true);
    return events.map(({ type, payload }) => [type, payload['batch_id'] as string]);
  };

  test('is sellable as long as nobody says otherwise, and unknown for a stranger where it is not published', async () => {
    expect(await status('A')).toMatchObject({ batchId: 'A', status: 'sellable', reasons: [] });
    expect(await (await trace.request('/api/v1/batches/none/status')).json()).toMatchObject({ code: 4010 });
    expect(await (await trace.request('/api/v1/batches/T/status')).json()).toMatchObject({ code: 4010 });
    expect(await status('A', '?asOf=1000')).toMatchObject({ status: 'unknown' });
  });

  test.each<[string, string, object, string]>([
    ['without a reason', 'A/holds', {}, 'reason'],
    ['in one language only', 'A/holds', { reason: { zh: '抽检' } }, 'reason.en'],
    ['of a class that there is not', 'A/recall', { reason, class: 4 }, 'class'],
    ['with something unknown', 'A/recall', { reason, class: 1, price: 3 }, 'price'],
    ['releasing less than nothing', 'A/releases', { reason, hold: -1 }, 'hold'],
  ])('a statement %s is refused, and the member is named', async (_name, path, body, member) => {
    const { code, detail } = await post(path, body);
    expect(code).toBe(4014);
    expect(detail).toContain(member);
  });

  test('cannot be changed by a stranger, for nobody, or without ground', async () => {
    expect(await post('A/holds', { reason }, { authorization: '' })).toMatchObject({
      status: 401,
      code: 4036,
    });
    expect(await post('none/holds', { reason })).toMatchObject({ status: 404, code: 4010 });
    expect(await post('none/recall', { reason, class: 1 })).toMatchObject({ status: 404, code: 4010 });
    expect(await post('A/releases', { reason })).toMatchObject({ status: 409, code: 4060 });
    expect(await post('A/recall-lift', { reason })).toMatchObject({ status: 409, code: 4060 });
    const farmersWord = await trace.records.statement('hold', { batch: 'A', reason }, farmer.id);
    expect(farmersWord).toMatchObject({ kind: { code: 4033 } });
    expect(await status('A')).toMatchObject({ status: 'sellable' });
  });

  test('a hold reaches what was made of it, and ends with its own release', async () => {
    const first = await post('B/holds', { reason });
    expect(first.status).toBe(201);
    const second = await post('B/holds', { reason: { zh: '抽检', en: 'sampled' } });
    expect(await status('S')).toMatchObject({
      status: 'on_hold',
      reasons: [
        { batchId: 'B', index: first.index, text: { zh: '来源批次 B 暂停销售：农药残留超标' } },
        { batchId: 'B', index: second.index },
      ],
    });
    expect(await status('A')).toMatchObject({ status: 'sellable' });
    expect((await post('B/releases', { reason, hold: first.index })).status).toBe(201);
    expect(await post('B/releases', { reason, hold: first.index })).toMatchObject({ code: 4060 });
    expect((await status('S')).reasons).toHaveLength(1);
    expect((await post('B/releases', { reason })).status).toBe(201);
    expect(await status('S')).toMatchObject({ status: 'sellable' });
    expect(await delivered()).toEqual([
      ['Batch.Held', 'B'],
      ['Batch.Held', 'B'],
      ['Batch.Released', 'B'],
      ['Batch.Released', 'B'],
    ]);
  });

  let recalledAt: number;

  test('a recall finds every descendant and holder, and keeps the list under the hash that it logs', async () => {
    expect(await (await page('S')).text()).toContain('还没有读数');
    const key = { 'x-idempotency-key': 'recall-1', 'x-correlation-id': 'complaint-7' };
    const answer = await post<Recalled>('A/recall', { class: 1, reason }, key);
    expect(answer.status).toBe(201);
    expect(new Set(answer.lots.map(({ batchId }) => batchId))).toEqual(new Set(['A', 'M', 'S', 'T']));
    expect(answer.lots.map((one) => one.lot).toSorted()).toEqual(['A', 'M', 'S', 'T'].map(lot));
    expect(answer.holders).toContainEqual(expect.objectContaining({ kind: 'party', id: shop }));
    expect(answer).toMatchObject({ evidence: { batches: 4, holders: 2 } });
    recalledAt = answer.index;

    const path = `/api/v1/files/${answer.evidence.sha256}`;
    expect((await trace.request(path)).status).toBe(404);
    const kept = await trace.request(path, { headers: owner });
    const bytes = new Uint8Array(await kept.arrayBuffer());
    expect(hashOf(bytes)).toBe(answer.evidence.sha256);
    expect(JSON.parse(new TextDecoder().decode(bytes))).toMatchObject({ recall: 'A', lots: answer.lots });

    expect(await post('A/recall', { class: 1, reason }, key)).toMatchObject({
      status: 201,
      index: recalledAt,
    });
    expect(await post('A/recall', { class: 2, reason })).toMatchObject({ status: 409, code: 4061 });
    const sent = await delivered();
    expect(new Set(events.map((event) => event.correlation_id))).toEqual(new Set(['complaint-7']));
    expect(sent.map(([type]) => type)).toEqual(Array.from({ length: 4 }, () => 'Batch.Recalled'));
    expect(sent.map(([, id]) => id).toSorted()).toEqual(['A', 'M', 'S', 'T']);
  });

  test('marks pages at once, those already made too, and no cache keeps an old one for longer than ten seconds', async () => {
    for (const id of ['A', 'M', 'S']) {
      const response = await page(id);
      const text = await response.text();
      expect(text).toContain('已召回，请勿食用');
      expect(text).toContain('一级召回：农药残留超标');
      expect(await (await page(id, { 'accept-language': 'en' })).text()).toContain('Recalled: do not eat');
      expect(Number(/max-age=(\d+)/.exec(response.headers.get('cache-control')!)![1])).toBeLessThanOrEqual(
        10,
      );
    }
    expect(await (await page('other')).text()).not.toContain('已召回');
    expect(await status('T')).toMatchObject({
      status: 'recalled',
      reasons: [{ batchId: 'A', index: recalledAt, text: { en: expect.stringContaining('class I recall') } }],
    });
  });

  test('keeps it from being sold, and what was sold of it can still be given back', async () => {
    const sale = { orderNo: 'O-1', quantity: 10 };
    const refused = await post('S/sales', sale);
    expect(refused).toMatchObject({ status: 409, code: 4062 });
    expect(refused.detail).toContain('S is recalled: 来源批次 A 一级召回：农药残留超标');
    expect((await post('other/sales', sale)).status).toBe(201);
    expect((await post('other/holds', { reason })).status).toBe(201);
    expect(await post('other/sales', sale)).toMatchObject({ status: 409, code: 4062 });
    expect((await post('other/sale-returns', sale)).status).toBe(201);
    expect((await post('other/releases', { reason })).status).toBe(201);
    expect((await post('other/sales', sale)).status).toBe(201);
    await delivered();
  });

  test('reaches what is made of it later', async () => {
    await putBatch('late', {});
    await capture(make({ A: 100 }, { late: 100 }, 0));
    expect(await status('late')).toMatchObject({ status: 'recalled' });
  });

  test('can be asked as it stood before', async () => {
    const { at } = (await status('S')).reasons[0]!;
    expect(await status('S', `?asOf=${at! - 1}`)).toMatchObject({ status: 'sellable', asOf: at! - 1 });
    expect(await status('S', `?asOf=${at!}`)).toMatchObject({ status: 'recalled' });
    expect(await (await trace.request('/api/v1/batches/S/status?asOf=now')).json()).toMatchObject({
      code: 4014,
    });
  });

  test('is the same after a rebuild, which publishes nothing', async () => {
    const ids = ['A', 'B', 'M', 'S', 'T', 'late', 'other'];
    const all = () => Promise.all(ids.map((id) => status(id, '?asOf=9000000000000')));
    const before = await all();
    expect(await delivered()).toEqual([]);
    await rebuild(database.current(), platformKey.origin);
    expect(await all()).toEqual(before);
    expect(await delivered()).toEqual([]);
  });

  test('ends with the recall, which is lifted on the batch that it named', async () => {
    expect(await post('S/recall-lift', { reason })).toMatchObject({ status: 409, code: 4060 });
    expect((await post('A/recall-lift', { reason: { zh: '批号录入有误', en: 'mistyped' } })).status).toBe(
      201,
    );
    for (const id of ['A', 'M', 'S', 'late']) expect(await status(id)).toMatchObject({ status: 'sellable' });
    expect((await delivered()).map(([, id]) => id).toSorted()).toEqual(['A', 'M', 'S', 'T', 'late']);
    expect(await (await page('S')).text()).not.toContain('已召回');
  });

  test('a recall may be signed as an event, by whoever may recall, and reaches as far as one that was ordered', async () => {
    const admin = newPerson('chen-jing');
    await trace.enrol(admin.id, admin.publicKey);
    const farmScope = { kind: 'organisation', id: farmCode };
    const said = await trace.records.statements(
      [
        { name: 'person', body: { person: admin.id, organisation: farmCode, commitments: [] } },
        { name: 'role', body: { person: admin.id, role: 'admin', scope: farmScope, from: 0 } },
        { name: 'belonging', body: { thing: { kind: 'batch', id: 'B' }, to: farmScope, from: 0 } },
        { name: 'belonging', body: { thing: { kind: 'batch', id: 'M' }, to: farmScope, from: 0 } },
      ],
      'owner',
    );
    expect(said).toHaveLength(4);
    const recalled = (more: object = {}) => ({
      type: 'ObjectEvent',
      eventTime: new Date().toISOString(),
      eventTimeZoneOffset: '+00:00',
      action: 'OBSERVE',
      bizStep: 'holding',
      disposition: 'recalled',
      quantityList: [{ epcClass: lot('B') }],
      'tianyuan:recall': { class: 1, reason },
      ...more,
    });
    const sign = async (person: Person, event: object) => {
      const body = new Uint8Array(person.message({ event: event as never }));
      const response = await trace.request('/api/v1/messages', { method: 'POST', body });
      return { ...((await response.json()) as Answer), status: response.status };
    };
    for (const [event, rule] of [
      [recalled({ 'tianyuan:recall': undefined }), 'tianyuan:recall'],
      [recalled({ 'tianyuan:recall': { class: 4, reason } }), 'tianyuan:recall.class'],
      [recalled({ disposition: 'active' }), 'disposition: is recalled where'],
      [recalled({ quantityList: [{ epcClass: lot('B') }, { epcClass: lot('M') }] }), 'names one lot'],
    ] as const) {
      const signed = JSON.parse(JSON.stringify(event)) as object;
      expect(await sign(admin, signed)).toMatchObject({ code: 4020, detail: expect.stringContaining(rule) });
    }
    expect(await sign(farmer, recalled())).toMatchObject({ code: 4033 });
    await delivered();

    const { status: answer, index } = await sign(admin, recalled());
    expect(answer).toBe(201);
    for (const id of ['B', 'M', 'S', 'T']) {
      expect(await status(id)).toMatchObject({
        status: 'recalled',
        reasons: [{ batchId: 'B', index, by: admin.id }],
      });
    }
    expect(await (await page('S')).text()).toContain('已召回，请勿食用');
    expect(new Set((await delivered()).map(([type]) => type))).toEqual(new Set(['Batch.Recalled']));
    expect(await sign(admin, recalled())).toMatchObject({ code: 4061 });

    // Neither an order nor an event of a till gets round it.
    const till = { action: 'DELETE', bizStep: 'retail_selling', disposition: 'retail_sold' };
    const sale = recalled({ ...till, quantityList: [{ epcClass: lot('B'), quantity: 10, uom: 'GRM' }] });
    const { 'tianyuan:recall': _, ...sold } = sale;
    expect(await sign(admin, sold)).toMatchObject({ status: 409, code: 4062 });
    expect((await post('B/recall-lift', { reason })).status).toBe(201);
    expect((await sign(admin, sold)).status).toBe(201);
    expect(await status('M')).toMatchObject({ status: 'sellable' });
    await delivered();
  });

  test('is recalled by one command, which prints all that it reaches', async () => {
    const server = await serve({ fetch: trace.app.fetch, host: '127.0.0.1', port: 0 });
    const home = mkdtempSync(join(tmpdir(), 'tianyuan-recall-'));
    const tokenFile = join(home, 'token');
    writeFileSync(tokenFile, ownerToken);
    const recall = async (...more: string[]): Promise<[number, string]> => {
      let printed = '';
      const flags = ['--class', '2', '--zh', '标签有误', '--en', 'wrong label', '--url', server.url];
      const argv = ['node', 'main.ts', 'recall', ...flags, '--token-file', tokenFile, ...more];
      return [await runRecall(argv, (text) => void (printed += text)), printed];
    };
    const [code, printed] = await recall('--batch', 'M');
    expect(code).toBe(0);
    for (const line of ['已召回批次 M', '3 个批次 lots', `  S  ${lot('S')}`, `持有方 party ${shop}`]) {
      expect(printed).toContain(line);
    }
    expect(await status('S')).toMatchObject({ status: 'recalled', reasons: [{ batchId: 'M' }] });
    expect(await recall('--batch', 'M')).toEqual([1, expect.stringContaining('recalled already')]);
    await server.close();
    rmSync(home, { recursive: true });
  });

  test('expires with its last day in China', async () => {
    await putBatch('dated', { expiryDate: '2026-11-30' });
    const end = Date.UTC(2026, 10, 30, 16);
    const at = async (time: number) => (await status('dated', `?asOf=${time}`)).status;
    expect([await at(end - 1), await at(end)]).toEqual(['sellable', 'expired']);
  });
});
