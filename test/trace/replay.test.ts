import { carrierUri } from '@tianyuan/trace-api/carriage/carrier.ts';
import { farm, harvest, make, pack, shop, ship } from '@tianyuan/trace-api/genealogy/fixture/events.ts';
import { runRebuild } from '@tianyuan/trace-api/rebuild-command.ts';
import { rebuild } from '@tianyuan/trace-api/records/rebuild.ts';
import type { EpcisEvent } from '@tianyuan/protocol';
import { beforeAll, expect, test } from 'vitest';
import { onBothDatabases } from './databases.ts';
import { type Person, newPerson } from './person.ts';
import { type Device, type SignedLog, newDevice, newLog } from './signed-log.ts';
import { type TraceService, ownerToken, platformKey, traceService } from './trace-service.ts';

// A store with something of everything in it, whose answers are kept as they are given. Asked as of those moments they are
// given again, and every projection that is emptied and replayed gives them, too.

const [farmCode, shopCode] = ['91110000600037341L', '91110108551385082Q'] as const;
const batches = ['A', 'B', 'M', 'S'];
const asOwner = { authorization: `Bearer ${ownerToken}` };

/** Read routes that can be asked as of a date. */
const datedPaths = [
  ...batches.flatMap((batch) =>
    [
      'trace',
      'exposures',
      'excursions',
      'completeness',
      'shelf-life',
      'status',
      'genealogy',
      'steps',
      'epcis',
    ].map((view) => `/api/v1/batches/${batch}/${view}`),
  ),
  `/api/v1/organisations/${farmCode}`,
  `/api/v1/organisations/${shopCode}`,
  '/api/v1/people/li-wei',
  '/api/v1/people/wang-fang',
  '/api/v1/products/p-1',
  '/api/v1/skus/s-1',
  '/api/v1/plots/plot-7',
  '/api/v1/cold-chain/profiles/navel-orange',
  ...batches.map((batch) => `/api/v1/batches/${batch}`),
  '/api/v1/batches/S/trace-records',
  '/api/v1/products/06901234567892/trace?v=1&batch=S',
  '/api/v1/products/06901234567892/trace?v=2&batch=M',
  ...batches.map((batch) => `/01/06901234567892/10/${batch}?lang=en`),
];
/** And those that are of now. */
const presentPaths = [
  ...batches.map((batch) => `/api/v1/batches/${batch}/messages`),
  ...batches.map((batch) => `/api/v1/batches/${batch}/messages/elsewhere`),
  '/api/v1/lots',
  '/api/v1/lots?state=sold',
  '/api/v1/lots?state=shipped',
  '/api/v1/cases',
  '/api/v1/work-orders',
  '/01/06901234567892/10/S',
];

type Answers = Record<string, unknown>;

onBothDatabases('what was answered', (database) => {
  let trace: TraceService;
  let log: SignedLog;
  let truck: Device;
  let farmer: Person;
  let clerk: Person;
  const moments: { at: number; answers: Answers }[] = [];

  async function ask(path: string): Promise<unknown> {
    const response = await trace.request(path, { headers: asOwner });
    const body = await response.text();
    // A document says when it was written.
    const words = body.replace(/"(?:creationDate|verified_at)":"[^"]*",?/g, '');
    return [response.status, words.startsWith('{') ? JSON.parse(words) : words];
  }
  async function askAll(paths: readonly string[], query = ''): Promise<Answers> {
    const answers: Answers = {};
    for (const path of paths)
      answers[path] = await ask(path.includes('?') ? path + query.replace('?', '&') : path + query);
    return answers;
  }
  /** Keeps what is answered now, and lets the clock of the records move on before anything else is said. */
  async function moment(): Promise<void> {
    const at = Date.now();
    await tick(at);
    moments.push({ at, answers: await askAll(datedPaths, `?asOf=${at}`) });
    await tick(Date.now());
  }
  async function tick(after: number): Promise<void> {
    while (Date.now() <= after) await new Promise((resolve) => setImmediate(resolve));
  }

  const send = async (method: string, path: string, body: object, headers: object = asOwner) => {
    const response = await trace.request(path, {
      method,
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
    expect([path, response.status, response.ok ? '' : await response.text()]).toEqual([
      path,
      response.status,
      '',
    ]);
  };
  const capture = async (person: Person, body: { event: EpcisEvent } | { binding: object }) => {
    const response = await trace.request('/api/v1/messages', {
      method: 'POST',
      body: new Uint8Array(person.message(body as never)),
    });
    expect([response.status, response.ok ? '' : await response.text()]).toEqual([201, '']);
  };
  const readings = async (count: number, value: number, startMs: number) => {
    const from = log.size();
    for (let i = 0; i < count; i++) {
      const time = startMs + i * 600_000;
      log.append(truck.sign({ time, readings: [{ type: 'temperature', value: value + i }] }), {
        receivedAt: time,
      });
    }
    expect((await trace.upload(log, from, log.body(from))).status).toBe(200);
  };

  const loaded = Date.UTC(2026, 10, 2);

  beforeAll(async () => {
    trace = traceService(database.current());
    log = newLog('replay.example');
    truck = newDevice('replay-truck');
    [farmer, clerk] = [newPerson('li-wei'), newPerson('wang-fang')];
    await trace.enrol(platformKey.origin, platformKey.publicKey);
    await trace.enrol(log.origin, log.publicKey);
    for (const { id, publicKey } of [farmer, clerk, truck]) await trace.enrol(id, publicKey);
    await moment();
    const words = (zh: string, en: string) => ({ zh, en });
    const to = (id: string) => ({ kind: 'organisation', id });
    const said = await trace.records.statements(
      [
        { name: 'organisation', body: { uscc: farmCode, name: words('果园', 'Orchard'), kind: 'farm' } },
        { name: 'organisation', body: { uscc: shopCode, name: words('商店', 'Shop'), kind: 'shop' } },
        { name: 'person', body: { person: 'li-wei', organisation: farmCode, commitments: [] } },
        { name: 'person', body: { person: 'wang-fang', organisation: shopCode, commitments: [] } },
        { name: 'role', body: { person: 'li-wei', role: 'farmer', scope: to(farmCode), from: 0 } },
        { name: 'role', body: { person: 'li-wei', role: 'operator', scope: to(farmCode), from: 0 } },
        { name: 'role', body: { person: 'wang-fang', role: 'shopkeeper', scope: to(shopCode), from: 0 } },
        { name: 'belonging', body: { thing: { kind: 'truck', id: 't1' }, to: to(farmCode), from: 0 } },
        { name: 'belonging', body: { thing: { kind: 'device', id: truck.id }, to: to(farmCode), from: 0 } },
      ],
      'owner',
    );
    expect(said).toHaveLength(9);
    await moment();
    for (const batch of batches) {
      await send('PUT', `/api/v1/batches/${batch}`, {
        gtin: '06901234567892',
        lot: batch,
        product: words('脐橙', 'navel oranges'),
        origin: words('安远', 'Anyuan'),
        limits: [{ type: 'temperature', max: 5_000 }],
        devices: [],
        published: true,
      });
    }
    await send('PUT', '/api/v1/batches/S/profile', { profile: 'navel-orange' });
    await moment();
    const there = { bizLocation: { id: farm } };
    await capture(farmer, { event: harvest({ A: 1_000, B: 1_000 }, there) });
    await capture(farmer, { event: make({ A: 600, B: 400 }, { M: 1_000 }, 0) });
    await moment();
    await capture(farmer, { event: make({ M: 900 }, { S: 880 }, 20) });
    await readings(20, 3_000, loaded);
    await moment();
    await capture(farmer, { binding: { device: truck.id, from: loaded, to: { id: 't1', kind: 'truck' } } });
    await capture(farmer, {
      event: {
        ...pack('ADD', carrierUri({ kind: 'truck', id: 't1' }), { lots: { S: 880 } }),
        eventTime: '2026-11-02T09:00:00.000+08:00',
      },
    });
    await readings(30, 9_500, loaded + 20 * 600_000);
    await moment();
    await capture(farmer, { event: ship({ lots: { S: 800 } }, farm, shop) });
    await capture(clerk, {
      event: { ...ship({ lots: { S: 800 } }, farm, shop), bizStep: 'receiving' },
    });
    await moment();
    await send('POST', '/api/v1/batches/B/holds', { reason: words('等待复检', 'waiting for a second test') });
    await send('POST', '/api/v1/batches/A/recall', {
      class: 2,
      reason: words('农药残留', 'pesticide residue'),
    });
    await moment();
    await send('POST', '/api/v1/batches/S/close', {});
    await moment();
    await send('PUT', '/api/v1/batches/M', {
      gtin: '06901234567892',
      lot: 'M',
      product: words('脐橙汁', 'orange juice'),
      origin: words('安远', 'Anyuan'),
      limits: [{ type: 'temperature', max: 4_000 }],
      devices: ['replay-truck'],
      expiryDate: '2026-10-31',
      published: true,
    });
    await moment();
    await send('POST', '/api/v1/batches/B/releases', { reason: words('合格', 'passed') });
    await send('POST', '/api/v1/batches/A/recall-lift', { reason: words('批号有误', 'the wrong lot') });
    await send('POST', '/api/v1/batches/S/sales', { orderNo: 'O-1', quantity: 80 });
    await moment();
  }, 120_000);

  test('tells a story that changes from moment to moment', () => {
    const distinct = new Set(moments.map(({ answers }) => JSON.stringify(answers)));
    expect(distinct.size).toBe(moments.length);
    const last = moments.at(-1)!.answers;
    expect(last['/api/v1/batches/S/exposures']).toMatchObject([
      200,
      { exposures: [{ device: 'replay-truck' }] },
    ]);
    expect(last['/api/v1/batches/S/trace']).toMatchObject([200, { curves: [{ type: 'temperature' }] }]);
    expect(JSON.stringify(moments.at(-2)!.answers['/api/v1/batches/S/status'])).toContain('recalled');
    expect(last['/api/v1/batches/M/status']).toMatchObject([200, { status: 'expired' }]);
    expect(last['/api/v1/batches/S/trace-records']).toMatchObject([200, { records: [{ batch_id: 'S' }] }]);
    const pages = moments.map(({ answers }) => (answers['/01/06901234567892/10/M?lang=en'] as string[])[1]!);
    expect(pages.at(-1)).toContain('As it stood on');
    expect(pages.at(-1)).toContain('orange juice');
    expect(pages.at(-3)).toContain('navel oranges');
  });

  test('is answered again, as of the moment when it was', async () => {
    for (const { at, answers } of moments) {
      const again = await askAll(datedPaths, `?asOf=${at}`);
      // What was not there yet is said in another way by some: that nothing was registered then.
      const there = datedPaths.filter((path) => (answers[path] as [status: number])[0] === 200);
      const pick = (from: Answers) => Object.fromEntries(there.map((path) => [path, from[path]]));
      expect(pick(again)).toEqual(pick(answers));
    }
  });

  test('lots are listed by what happened to them', async () => {
    expect(await ask('/api/v1/lots?state=sold')).toMatchObject([200, { lots: [{ batchId: 'S' }] }]);
    expect(await ask('/api/v1/lots?state=shipped')).toMatchObject([200, { lots: [{ batchId: 'S' }] }]);
    const either = await ask('/api/v1/lots?state=sold-or-shipped');
    expect(either).toEqual(await ask('/api/v1/lots?state=sold'));
  });

  /** Everything as of the last moments, and of now what does not depend on the clock. */
  async function everything(): Promise<Answers> {
    const isStill = (path: string) => !/shelf-life|completeness|status|excursions/.test(path);
    const all = await askAll([...datedPaths.filter(isStill), ...presentPaths]);
    for (const { at } of moments.slice(-3)) {
      for (const [path, answer] of Object.entries(await askAll(datedPaths, `?asOf=${at}`)))
        all[`${path} ${at}`] = answer;
    }
    return all;
  }

  test('is answered by projections that were emptied and replayed', async () => {
    const before = await everything();
    let done = 0;
    await rebuild(database.current(), platformKey.origin, (entries) => (done = entries));
    expect(done).toBeGreaterThan(20);
    const after = await everything();
    for (const path of Object.keys(before)) expect([path, after[path]]).toEqual([path, before[path]]);
  });

  test('changes with a key that is revoked, and comes back to the same by a replay', async () => {
    const before = await everything();
    await trace.revoke(farmer.id, farmer.publicKey, [{ logId: platformKey.logId, fromIndex: 0 }]);
    await rebuild(database.current(), platformKey.origin);
    const without = await everything();
    expect(without['/api/v1/batches/S/genealogy']).not.toEqual(before['/api/v1/batches/S/genealogy']);
    await rebuild(database.current(), platformKey.origin);
    const again = await everything();
    for (const path of Object.keys(without)) expect([path, again[path]]).toEqual([path, without[path]]);
  });

  test('the command wants to know which log', async () => {
    await expect(runRebuild(['node', 'trace-api', 'rebuild'], () => {})).rejects.toThrow('--platform-origin');
  });
});
