import { bytesToHex, decodeBase64, sha256 } from '@tianyuan/protocol';
import { openJobs, newLogger, type Database, type Jobs } from '@tianyuan/platform';
import { exampleRecord } from '@tianyuan/trace-china-sim/record.ts';
import { nationalAttempts, nationalResponses, outbox } from '@tianyuan/trace-api/database/schema.ts';
import { digestOf, verifyText } from '@tianyuan/trace-api/national/signing/signature.ts';
import { readEnvironments } from '@tianyuan/trace-api/national/environments/environments-file.ts';
import { httpNationalAdapter } from '@tianyuan/trace-api/national/http-national-adapter.ts';
import { liveForMs } from '@tianyuan/trace-api/national/judge-freshness.ts';
import type { NationalTraceAdapter } from '@tianyuan/trace-api/national/national-trace-adapter.ts';
import { readNational } from '@tianyuan/trace-api/national/read-national.ts';
import { type Refreshed, refreshBatch } from '@tianyuan/trace-api/national/refresh-batch.ts';
import { startNationalSync } from '@tianyuan/trace-api/national/sync-jobs.ts';
import { readDueBatches } from '@tianyuan/trace-api/national/trace-codes.ts';
import { readAsOf } from '@tianyuan/trace-api/records/as-of.ts';
import { rebuild } from '@tianyuan/trace-api/records/rebuild.ts';
import { asc, eq } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { onBothDatabases } from '../trace/databases.ts';
import { type TraceService, ownerToken, platformKey, traceService } from '../trace/trace-service.ts';
import { nationalBatch as batch } from './national-batch.ts';
import { type SimulatorProcess, startSimulator } from './simulator-process.ts';

const code = exampleRecord.traceCode;
const now = Number.MAX_SAFE_INTEGER;
const minute = 60_000;

let simulator: SimulatorProcess;
beforeAll(async () => {
  simulator = await startSimulator();
});
afterAll(() => simulator?.dispose());

onBothDatabases('the sync with the national platform', (suite) => {
  let database: Database;
  let trace: TraceService;
  let adapter: NationalTraceAdapter;

  const refresh = (batchId: string) =>
    refreshBatch({ database, records: trace.records, adapter, intervalMs: 60 * minute }, batchId);
  const read = (batchId: string, asOf = now, at?: number) =>
    readNational(database.queries, batchId, asOf, at);

  beforeAll(async () => {
    database = suite.current();
    trace = traceService(database);
    adapter = httpNationalAdapter(readEnvironments(simulator.environmentsFile), { retryMs: 1 });
    for (const [batchId, body] of Object.entries({
      plain: batch('A-1', code),
      later: batch('A-2', code),
      'without-code': batch('A-3'),
      hidden: batch('A-4', code, false),
      strange: batch('A-5', '0x'),
    })) {
      const response = await trace.putBatch(batchId, body);
      expect(response.status).toBe(200);
    }
  });
  afterEach(async () => {
    await simulator.setFaults();
    await simulator.setClock(0);
    await simulator.putRecord(exampleRecord);
  });
  afterAll(() => adapter?.close());

  test('knows which batches to ask about: published ones that have a code, until they were asked about', async () => {
    const due = () => readDueBatches(database.queries, Date.now(), 100);
    expect(await due()).toEqual(['later', 'plain']);
    expect(await read('plain')).toMatchObject({ state: 'none', traceCode: code, record: null });
    expect(await read('without-code')).toMatchObject({ state: 'none', traceCode: null });
    expect(await refresh('without-code')).toBeUndefined();
    expect(await refresh('hidden')).toBeUndefined();
    expect(await refresh('plain')).toMatchObject({ outcome: 'record', environment: 'simulator' });
    expect(await due()).toEqual(['later']);
  });

  test('shows a record live with its hash and where that is logged, and cached once it is old', async () => {
    const view = await read('plain');
    expect(view).toMatchObject({
      state: 'live',
      environment: 'simulator',
      mapping: 'tc-1.0/1',
      kept: [],
      changes: [],
    });
    expect(view.record).toMatchObject({ lot: 'A-0731', quantity: { quantity: 1_200_000, uom: 'GRM' } });
    const [row] = await database.queries
      .select()
      .from(nationalResponses)
      .where(eq(nationalResponses.atIndex, view.recordIndex!));
    expect(row).toMatchObject({ sha256: view.hash, signature: 'valid', outcome: 'record', status: 200 });
    const proof = await trace.request(
      `/api/v1/logs/${trace.records.logId}/entries/${view.recordIndex}/proof`,
    );
    expect([200, 409]).toContain(proof.status); // not anchored yet, and not withheld
    expect(await read('plain', now, view.verifiedAt! + liveForMs)).toMatchObject({ state: 'live' });
    expect(await read('plain', now, view.verifiedAt! + liveForMs + 1)).toMatchObject({ state: 'cached' });
    expect(await read('plain', now, view.verifiedAt! - 1)).toMatchObject({ state: 'cached' });
  });

  test('shows the last good copy as cached while the platform is stopped, and live when it is back', async () => {
    const before = await read('plain');
    await simulator.stop();
    expect(await refresh('plain')).toMatchObject({ outcome: 'unavailable' });
    const during = await read('plain');
    expect(during).toMatchObject({ state: 'cached', record: before.record, hash: before.hash });
    expect(during.fault).toMatchObject({ outcome: 'unavailable' });
    expect(during.ageMs).toBeGreaterThanOrEqual(before.ageMs!);
    await simulator.restart();
    await refresh('plain');
    expect(await read('plain')).toMatchObject({ state: 'live', fault: null });
  });

  test('shows that a record was changed, with both hashes, and who subscribes hears of it', async () => {
    const before = await read('plain');
    await simulator.setFaults('changed-record');
    expect(await refresh('plain')).toMatchObject({ outcome: 'changed' });
    const after = await read('plain');
    expect(after.state).toBe('live');
    expect(after.record).not.toEqual(before.record);
    expect(after.changes).toEqual([
      {
        at: after.verifiedAt,
        recordIndex: after.recordIndex,
        hash: after.hash,
        before: { recordIndex: before.recordIndex, hash: before.hash },
      },
    ]);
    expect(after.hash).not.toBe(before.hash);
    const published = await database.queries
      .select()
      .from(outbox)
      .where(eq(outbox.type, 'Trace.RecordChanged'));
    expect(published).toMatchObject([
      { payload: { batch_id: 'plain', source: 'national', before: before.hash, after: after.hash } },
    ]);
    // Still changed back is a change, too; asking once more is none.
    await simulator.setFaults();
    expect(await refresh('plain')).toMatchObject({ outcome: 'changed' });
    expect(await refresh('plain')).toMatchObject({ outcome: 'record' });
    expect((await read('plain')).changes).toHaveLength(2);
  });

  test('takes another order of members for no change, and keeps and reports members it does not know', async () => {
    const { stages, ...rest } = exampleRecord;
    await simulator.putRecord({ stages, ...rest });
    expect(await refresh('plain')).toMatchObject({ outcome: 'record' });
    await simulator.putRecord({ ...exampleRecord, waterUse: { m3: 12.5 } });
    expect(await refresh('plain')).toMatchObject({ outcome: 'changed' });
    expect((await read('plain')).kept).toEqual([
      { pointer: '/waterUse', value: { m3: 12.5 }, why: 'unknown' },
    ]);
    await simulator.putRecord(exampleRecord);
    await refresh('plain');
  });

  test('says refused where the platform, under its signature, knows the code no more, and cached where that is not signed', async () => {
    await simulator.setFaults('unknown-code', 'bad-signature');
    expect(await refresh('plain')).toMatchObject({ outcome: 'bad-signature' });
    expect(await read('plain')).toMatchObject({ state: 'cached' });
    await simulator.setFaults('unknown-code');
    expect(await refresh('plain')).toMatchObject({ outcome: 'unknown-code' });
    expect(await read('plain')).toMatchObject({ state: 'refused', record: { lot: 'A-0731' } });
    await simulator.setFaults('error-500');
    await refresh('plain');
    expect(await read('plain')).toMatchObject({ state: 'refused' }); // its last word stands
    await simulator.setFaults();
    await refresh('plain');
    expect(await read('plain')).toMatchObject({ state: 'live' });
  });

  test('is as it stood on a date, and never live then', async () => {
    const rows = await database.queries
      .select()
      .from(nationalResponses)
      .where(eq(nationalResponses.batchId, 'plain'))
      .orderBy(asc(nationalResponses.atIndex));
    const [first] = rows;
    expect(await read('plain', await readAsOf(database.queries, first!.at - 1), first!.at - 1)).toMatchObject(
      { state: 'none' },
    );
    expect(await read('plain', first!.atIndex + 1, first!.at)).toMatchObject({
      state: 'cached',
      hash: first!.sha256,
      ageMs: 0,
    });
  });

  test('is merged with our own trace, and version 1 is what it was', async () => {
    const path = '/api/v1/products/6901234567892/trace';
    // But for the age of the platform's record, which counts between the two.
    const withoutAge = async (of: string) => {
      const view = await trace.getJson<{ story: { national: object } }>(of);
      return { ...view, story: { ...view.story, national: { ...view.story.national, ageMs: 0 } } };
    };
    expect(await withoutAge(`${path}?batch=plain`)).toEqual(await withoutAge('/api/v1/batches/plain/trace'));
    // What readers of version 1 may count on for ever: a member may come, and none may go.
    expect(await trace.getJson(path + '?v=1&batch=plain')).toMatchObject({
      batchId: 'plain',
      gtin: expect.any(String) as string,
      lot: expect.any(String) as string,
      product: { zh: expect.any(String) as string, en: expect.any(String) as string },
      origin: { zh: expect.any(String) as string, en: expect.any(String) as string },
      harvestedAt: null,
      status: { status: 'sellable', reasons: [], expiresAt: null },
      period: null,
      devices: [],
      curves: [],
      calibrations: [],
      excursions: [],
      messages: { mirrored: 0, anchored: 0, final: 0 },
      logs: [],
      verified: 0,
      flagged: {},
      contradicted: [],
      anchor: null,
      sample: null,
      story: { steps: [], reports: [], coldChain: {}, quality: {}, national: {} },
    });
    await refresh('plain');
    type Trace = {
      fields: { field: string; said: { source: string }[] }[];
      national: {
        kept: unknown[];
        environment: string;
        hash: string;
        proof: { keyId: string; text: string; signature: string; body: string };
      };
    };
    const live = await trace.getJson<Trace>(`${path}?v=2&batch=plain`);
    expect(live).toMatchObject({
      version: 2,
      batchId: 'plain',
      own: { state: 'none', at: null, trace: { batchId: 'plain' } },
      national: { state: 'live', words: { zh: '国家平台数据' }, record: { lot: 'A-0731' } },
      transaction: { state: 'none', anchor: null },
      // The box says lot A-1, the platform A-0731.
      disagreements: ['lot'],
    });
    // The platform's word can be checked without ours.
    const { proof, hash: bodyHash } = live.national;
    const environments = readEnvironments(simulator.environmentsFile).environments;
    const { form, trustedKeys } = environments.find(({ name }) => name === live.national.environment)!;
    const key = trustedKeys.find(({ keyId }) => keyId === proof.keyId)!;
    expect(verifyText(key, form, proof.text, proof.signature)).toBe(true);
    const bytes = decodeBase64(proof.body);
    expect(proof.text.trimEnd().split('\n').at(-1)).toBe(digestOf(key.algorithm, bytes));
    expect(bytesToHex(sha256(bytes))).toBe(bodyHash);
    expect(live.fields.find(({ field }) => field === 'traceCode')).toMatchObject({
      said: [
        { source: 'own', value: code },
        { source: 'national', value: code },
      ],
      agreement: 'agree',
    });
    expect(trace.wanted).toEqual([]);
    await simulator.setFaults('slow'); // and nobody waits
    const put = (to: string, body: object) =>
      trace.request(to, {
        method: 'PUT',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${ownerToken}` },
        body: JSON.stringify(body),
      });
    const product = { title: { zh: '赣南脐橙', en: 'Navel oranges' }, categoryId: 'citrus' };
    const sku = {
      productId: 'navel',
      packSize: '5 kg',
      price: 4_900,
      weight: 5_000,
      barCode: '06901234567892',
    };
    const counted = {
      ...batch('A-2', code),
      skuId: 'navel-5kg',
      totalQty: { quantity: 1_200_000, uom: 'GRM' },
    };
    expect((await put('/api/v1/products/navel', product)).ok).toBe(true);
    expect((await put('/api/v1/skus/navel-5kg', sku)).ok).toBe(true);
    expect((await put('/api/v1/batches/later', counted)).ok).toBe(true);
    const later = await trace.getJson('/api/v1/products/navel/trace?v=2');
    expect(later).toMatchObject({ batchId: 'later', national: { state: 'none', record: null } });
    expect(trace.wanted).toEqual(['later']);
    expect(
      (await trace.request('/01/06901234567892/10/A-2', { headers: { accept: 'text/html' } })).status,
    ).toBe(200);
    expect(trace.wanted).toEqual(['later', 'later']);
    await simulator.setFaults('error-500');
    await refresh('plain');
    expect(await trace.getJson(`${path}?v=2&batch=plain`)).toMatchObject({
      national: { state: 'cached', words: { zh: '缓存数据' }, record: { lot: 'A-0731' } },
    });
    const unknown = await trace.request('/api/v1/products/6901234567892/trace?batch=hidden');
    expect(await unknown.json()).toMatchObject({ code: 4050 });
    expect((await trace.request(`${path}?v=3`)).status).toBe(400);
    await simulator.setFaults();
    await refresh('plain');
    const past = await trace.getJson(`${path}?v=2&batch=plain&asOf=${Date.now()}`);
    expect(past).toMatchObject({ national: { state: 'cached' } });
  });

  test('is the same after a rebuild', async () => {
    const all = () =>
      database.queries.select().from(nationalResponses).orderBy(asc(nationalResponses.atIndex));
    const before = [await all(), await read('plain', now, 0)];
    await rebuild(database, platformKey.origin);
    expect([await all(), await read('plain', now, 0)]).toEqual(before);
  });
});

onBothDatabases('the schedule', (suite) => {
  let jobs: Jobs;
  afterAll(() => jobs?.close());

  test('refreshes what is due, each batch once, and what somebody looks at', async () => {
    const database = suite.current();
    const trace = traceService(database);
    for (const [index, batchId] of ['one', 'two'].entries())
      await trace.putBatch(batchId, batch(`S-${index}`, code));
    const failures: Error[] = [];
    jobs = await openJobs(database, (error) => failures.push(error));
    const config = readEnvironments(simulator.environmentsFile);
    const adapter = httpNationalAdapter(config, { retryMs: 1 });
    const seen: Refreshed[] = [];
    let { promise, resolve } = Promise.withResolvers<void>();
    const sync = await startNationalSync({
      database,
      records: trace.records,
      adapter,
      jobs,
      logger: newLogger('silent'),
      intervalMs: 60 * minute,
      onRefreshed(refreshed) {
        seen.push(refreshed);
        resolve();
      },
    });
    const refreshes = async (count: number) => {
      while (seen.length < count) {
        await promise;
        ({ promise, resolve } = Promise.withResolvers<void>());
      }
    };
    await sync.sweep();
    await sync.sweep();
    await refreshes(2);
    expect(seen.map(({ batchId }) => batchId).toSorted()).toEqual(['one', 'two']);
    expect(seen.map(({ outcome }) => outcome)).toEqual(['record', 'record']);
    expect(await readDueBatches(database.queries, Date.now(), 10)).toEqual([]);
    await database.queries.update(nationalAttempts).set({ at: 0 }).where(eq(nationalAttempts.batchId, 'one'));
    sync.want('two'); // was asked about a moment ago
    sync.want('one');
    await refreshes(3);
    expect(seen.at(-1)).toMatchObject({ batchId: 'one', outcome: 'record' });
    expect(failures).toEqual([]);
    await adapter.close();
  });
});
