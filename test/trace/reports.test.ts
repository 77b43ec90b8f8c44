import { randomBytes } from 'node:crypto';
import type { EventEnvelope } from '@tianyuan/platform';
import { cases, files, qualityChecks, reports } from '@tianyuan/trace-api/database/schema.ts';
import { readQuality } from '@tianyuan/trace-api/quality/read-quality.ts';
import { rebuild } from '@tianyuan/trace-api/records/rebuild.ts';
import { hashOf } from '@tianyuan/trace-api/reports/files.ts';
import { fileGraceMs } from '@tianyuan/trace-api/reports/judge-report.ts';
import { sweepMissingFiles } from '@tianyuan/trace-api/reports/open-cases.ts';
import { readCases } from '@tianyuan/trace-api/reports/read-cases.ts';
import { readReports } from '@tianyuan/trace-api/reports/read-reports.ts';
import sharp from 'sharp';
import { beforeAll, expect, test } from 'vitest';
import { onBothDatabases } from './databases.ts';
import { type Person, newPerson } from './person.ts';
import { type TraceService, ownerToken, platformKey, traceService } from './trace-service.ts';

const [labCode, farmCode] = ['91110108551385082Q', '91110000600037341L'];
const owner = { authorization: `Bearer ${ownerToken}` };
const utf8 = (text: string) => new TextEncoder().encode(text);
const newPdf = () => utf8(`%PDF-1.7\n${randomBytes(8).toString('hex')}\n`);

type Answer = { status: number; code: number; detail: string; index: number };

onBothDatabases('reports and quality checks', (database) => {
  let trace: TraceService;
  let inspector: Person;
  let stranger: Person;
  const events: EventEnvelope[] = [];

  beforeAll(async () => {
    trace = traceService(database.current());
    [inspector, stranger] = [newPerson('chen-jing'), newPerson('nobody-special')];
    await trace.enrol(platformKey.origin, platformKey.publicKey);
    for (const { id, publicKey } of [inspector, stranger]) await trace.enrol(id, publicKey);
    const words = { zh: '检测中心', en: 'Laboratory' };
    await trace.records.statements(
      [
        { name: 'organisation', body: { uscc: labCode, name: words, kind: 'laboratory' } },
        { name: 'organisation', body: { uscc: farmCode, name: words, kind: 'farm' } },
        { name: 'person', body: { person: inspector.id, organisation: labCode, commitments: [] } },
        { name: 'person', body: { person: stranger.id, organisation: farmCode, commitments: [] } },
      ],
      'owner',
    );
    for (const id of ['A', 'B', 'C', 'hidden']) {
      const batch = {
        gtin: '06901234567892',
        lot: id,
        product: { zh: '脐橙', en: 'navel oranges' },
        origin: { zh: '安远', en: 'Anyuan' },
        harvestedAt: 1_790_000_000_000,
        qualityGrade: '一级',
        limits: [],
        devices: [],
        published: id !== 'hidden',
      };
      expect((await trace.putBatch(id, batch)).status).toBe(200);
      const scope = { kind: 'batch', id };
      const body = { person: inspector.id, role: 'inspector', scope, from: 0 };
      expect(await trace.records.statement('role', body, 'owner')).toHaveProperty('index');
    }
    const types = ['Case.Opened', 'WorkOrder.Opened', 'Batch.QualityChecked', 'Batch.Held'];
    await trace.bus.subscribe('listener', types, async (event) => void events.push(event));
    await trace.dispatch();
  });

  const delivered = async () => {
    events.length = 0;
    // What a subscriber says makes events of its own.
    for (let i = 0; i < 3; i++) expect(await trace.dispatch()).toBe(true);
    return events.map(({ type, payload }) => [type, payload['batch_id']]);
  };
  async function answerOf(response: Response): Promise<Answer> {
    return { ...((await response.json()) as Answer), status: response.status };
  }
  const report = async (person: Person, bytes: Uint8Array, more: object = {}): Promise<Answer> => {
    const body = {
      hash: hashOf(bytes),
      issuer: labCode,
      kind: 'inspection',
      subject: { id: 'A', kind: 'batch' },
    };
    const payload = new Uint8Array(person.message({ report: { ...body, ...more } as never }));
    return answerOf(await trace.request('/api/v1/messages', { method: 'POST', body: payload }));
  };
  const put = async (bytes: Uint8Array, name = hashOf(bytes), headers: Record<string, string> = owner) =>
    answerOf(
      await trace.request(`/api/v1/files/${name}`, { method: 'PUT', headers, body: new Uint8Array(bytes) }),
    );
  const post = async (path: string, body: object) =>
    answerOf(
      await trace.request(`/api/v1/${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...owner },
        body: JSON.stringify(body),
      }),
    );
  const count = async (table: typeof files) => (await database.current().queries.select().from(table)).length;

  test('a file is taken under the hash of its bytes only, and is the same the second time', async () => {
    const pdf = newPdf();
    expect(await put(pdf, 'a'.repeat(64))).toMatchObject({ status: 422, code: 4063 });
    expect(await put(pdf, 'A'.repeat(64))).toMatchObject({
      status: 400,
      code: 4014,
      detail: expect.stringContaining('sha256'),
    });
    expect(await put(pdf, hashOf(pdf), {})).toMatchObject({ status: 401, code: 4036 });
    const html = utf8('<script>alert(1)</script>');
    expect(await put(html, hashOf(html), { ...owner, 'content-type': 'text/csv2' })).toMatchObject({
      status: 415,
      code: 4064,
    });
    const large = new Uint8Array(10 * 1024 * 1024 + 1);
    expect(await put(large)).toMatchObject({ status: 413, code: 4007 });
    expect(await count(files)).toBe(0);
    expect(await put(pdf)).toMatchObject({ status: 201, mediaType: 'application/pdf', existed: false });
    expect(await put(pdf)).toMatchObject({ status: 200, existed: true });
    expect(await count(files)).toBe(1);
  });

  test('a file is shown to those who may see it, and runs nothing', async () => {
    const [open, hidden] = [newPdf(), newPdf()];
    for (const bytes of [open, hidden]) await put(bytes);
    const get = (bytes: Uint8Array, headers = {}) =>
      trace.request(`/api/v1/files/${hashOf(bytes)}`, { headers });
    expect((await get(open)).status).toBe(404);
    await report(inspector, open);
    await report(inspector, hidden, { subject: { id: 'hidden', kind: 'batch' } });
    const response = await get(open);
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(open);
    expect(response.headers.get('content-type')).toBe('application/pdf');
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(response.headers.get('content-disposition')).toContain('attachment');
    expect((await get(hidden)).status).toBe(404);
    expect((await get(hidden, owner)).status).toBe(200);
  });

  test('a report that agrees with the trace opens nothing', async () => {
    const pdf = newPdf();
    await put(pdf);
    const { index, status } = await report(inspector, pdf, { score: 92_000, mediaType: 'application/pdf' });
    expect(status).toBe(201);
    expect(
      (
        await post(`reports/${index}/findings`, {
          inspectedAt: 1_790_000_100_000,
          grade: '一级',
          findings: [],
        })
      ).status,
    ).toBe(201);
    expect(await delivered()).toEqual([]);
    const [view] = await readReports(database.current().queries, 'A');
    expect(view).toMatchObject({
      index,
      counts: true,
      hasFile: true,
      score: 92_000,
      inside: { grade: '一级' },
    });
  });

  test('a report that disagrees opens a case for each disagreement, and a grave one holds the batch', async () => {
    const pdf = newPdf();
    await put(pdf);
    const { index } = await report(inspector, pdf, { subject: { id: 'B', kind: 'batch' }, issuer: farmCode });
    const finding = { name: { zh: '毒死蜱', en: 'chlorpyrifos' }, unit: 'ug/kg', value: 80, limit: 50 };
    const inside = { inspectedAt: 1_780_000_000_000, grade: '二级', findings: [finding] };
    expect((await post(`reports/${index}/findings`, inside)).status).toBe(201);
    const seen = await delivered();
    expect(seen.filter(([type]) => type === 'Case.Opened')).toHaveLength(5);
    expect(seen).toContainEqual(['Batch.Held', 'B']);
    const { queries } = database.current();
    const open = await readCases(queries, 'B');
    expect(open.map(({ disagreement }) => disagreement).toSorted()).toEqual(
      [
        'before-harvest',
        'grade-conflict',
        'issuer-mismatch',
        'issuer-no-laboratory',
        'over-limit',
      ].toSorted(),
    );
    expect(await trace.getJson('/api/v1/batches/B/status')).toMatchObject({
      status: 'on_hold',
      reasons: [
        { by: 'platform', text: { zh: expect.stringContaining('毒死蜱 超过限量：80 ug/kg > 50 ug/kg') } },
      ],
    });
    // The same declaration again says nothing new.
    await post(`reports/${index}/findings`, inside);
    expect(await delivered()).toEqual([]);
    const listed = await trace.getJson<{ cases: unknown[] }>('/api/v1/cases?batch=B', owner);
    expect(listed.cases).toHaveLength(5);
    expect((await trace.request('/api/v1/cases')).status).toBe(401);
  });

  test('a case is closed once, with an outcome and a note, and stays in the list of all', async () => {
    const [first] = await readCases(database.current().queries, 'B');
    const closure = {
      outcome: 'trace-stands',
      note: { zh: '报告写错了批号', en: 'the report names a wrong lot' },
    };
    expect(await post(`cases/${first!.index}/closure`, { ...closure, outcome: 'whatever' })).toMatchObject({
      code: 4014,
      detail: expect.stringContaining('outcome'),
    });
    expect((await post(`cases/${first!.index}/closure`, closure)).status).toBe(201);
    expect(await post(`cases/${first!.index}/closure`, closure)).toMatchObject({ status: 404, code: 4068 });
    const of = async (state: string) =>
      (await trace.getJson<{ cases: { closed: unknown }[] }>(`/api/v1/cases?batch=B&state=${state}`, owner))
        .cases;
    expect(await of('open')).toHaveLength(4);
    expect((await of('all')).filter(({ closed }) => closed !== null)).toHaveLength(1);
  });

  test('what a stranger says of a batch is kept, counts for nothing, and opens no case', async () => {
    const { index, status } = await report(stranger, newPdf(), { subject: { id: 'C', kind: 'batch' } });
    expect(status).toBe(201);
    const finding = { name: { zh: '毒', en: 'poison' }, unit: 'ug/kg', value: 9, limit: 1 };
    expect((await post(`reports/${index}/findings`, { findings: [finding] })).status).toBe(201);
    expect(await delivered()).toEqual([]);
    expect(await readReports(database.current().queries, 'C')).toMatchObject([{ index, counts: false }]);
    expect(await trace.getJson('/api/v1/batches/C/status')).toMatchObject({ status: 'sellable' });
  });

  test('a hash whose file nobody brought opens a case after a week', async () => {
    const { index } = await report(inspector, newPdf(), { subject: { id: 'C', kind: 'batch' } });
    expect(await delivered()).toEqual([]);
    const deps = { database: database.current(), records: trace.records };
    expect(await sweepMissingFiles(deps, Date.now() + fileGraceMs - 60_000)).toBe(0);
    expect(await sweepMissingFiles(deps, Date.now() + fileGraceMs + 60_000)).toBe(1);
    expect(await sweepMissingFiles(deps, Date.now() + fileGraceMs + 60_000)).toBe(0);
    expect(await readCases(database.current().queries, 'C')).toMatchObject([
      { reportIndex: index, disagreement: 'file-missing', closed: null },
    ]);
    expect(await delivered()).toEqual([['Case.Opened', 'C']]);
  });

  const picture = (green: number) =>
    sharp(
      Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" width="300" height="300"><rect width="300" height="300" fill="#fafafa"/>
        <rect x="50" y="50" width="200" height="200" fill="rgb(240,150,30)"/>
        <rect x="50" y="50" width="200" height="${200 * green}" fill="rgb(90,130,50)"/></svg>`),
    )
      .png()
      .toBuffer();
  const check = async (batch: string, bytes: Uint8Array, headers: Record<string, string> = owner) =>
    answerOf(
      await trace.request(`/api/v1/batches/${batch}/quality-checks`, {
        method: 'POST',
        headers,
        body: new Uint8Array(bytes),
      }),
    );

  test('a picture of ripe fruit is scored, kept, logged, and is the quality score of its batch', async () => {
    const bytes = await picture(0);
    const answer = await check('A', bytes);
    expect(answer).toMatchObject({
      status: 201,
      verdict: 'screening',
      model: 'citrus-colour',
      file: hashOf(bytes),
      workOrder: null,
    });
    const quality = await readQuality(database.current().queries, 'A');
    expect(quality.qualityScore).toBeGreaterThan(99_000);
    expect(quality.checks).toMatchObject([
      { index: answer.index, sha256: hashOf(bytes), verdict: 'screening' },
    ]);
    expect((await readQuality(database.current().queries, 'A', answer.index)).qualityScore).toBeNull();
    expect((await trace.request(`/api/v1/files/${hashOf(bytes)}`)).status).toBe(200);
    expect(await delivered()).toEqual([['Batch.QualityChecked', 'A']]);
  });

  test('a low score opens a work order beside it, which somebody has to answer', async () => {
    const { workOrder } = (await check('A', await picture(0.6))) as Answer & { workOrder: number };
    expect(workOrder).toBeGreaterThan(0);
    expect(await delivered()).toEqual([
      ['Batch.QualityChecked', 'A'],
      ['WorkOrder.Opened', 'A'],
    ]);
    const list = () => trace.getJson<{ workOrders: object[] }>('/api/v1/work-orders?batch=A', owner);
    expect((await list()).workOrders).toMatchObject([{ index: workOrder, threshold: 80_000, done: null }]);
    expect((await post(`work-orders/${workOrder}/done`, { note: '复检：仅外皮转色不足' })).status).toBe(201);
    expect(await post(`work-orders/${workOrder}/done`, { note: '再次' })).toMatchObject({
      status: 404,
      code: 4068,
    });
    expect((await list()).workOrders).toEqual([]);
  });

  test.each<[string, number, number, () => Promise<Uint8Array>, string, Record<string, string>]>([
    [
      'a picture without fruit',
      422,
      4066,
      async () =>
        sharp({ create: { width: 300, height: 300, channels: 3, background: '#ccc' } })
          .png()
          .toBuffer(),
      'A',
      owner,
    ],
    ['a report', 415, 4064, async () => newPdf(), 'A', owner],
    [
      'a spectrum, for which there is no model',
      501,
      4067,
      async () => utf8('{"nm":[400,410],"counts":[1,2]}'),
      'A',
      { ...owner, 'content-type': 'application/json' },
    ],
    ['a picture of a batch that there is not', 404, 4010, () => picture(0), 'none', owner],
    ['a stranger’s picture', 401, 4036, () => picture(0), 'A', {}],
  ])('%s is refused, and nothing is recorded of it', async (_name, status, code, make, batch, headers) => {
    const before = await database.current().queries.select().from(qualityChecks);
    expect(await check(batch, await make(), headers)).toMatchObject({ status, code });
    expect(await database.current().queries.select().from(qualityChecks)).toEqual(before);
  });

  test('all of it is the same after a rebuild', async () => {
    const all = async () =>
      Promise.all(
        [reports, cases, qualityChecks].map((table) => database.current().queries.select().from(table)),
      );
    const before = await all();
    await rebuild(database.current(), platformKey.origin);
    expect(await all()).toEqual(before);
  });
});
