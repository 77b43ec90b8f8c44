import { verifyAudit } from '@tianyuan/trace-api/audit/audit-command.ts';
import { sql } from 'drizzle-orm';
import { beforeAll, expect, test } from 'vitest';
import { onBothDatabases } from './databases.ts';
import { newDevice, newLog } from './signed-log.ts';
import { type TraceService, ownerToken, traceService } from './trace-service.ts';

const batch = {
  gtin: '06901234567892',
  lot: 'A-1',
  product: { zh: '脐橙', en: 'navel oranges' },
  origin: { zh: '安远', en: 'Anyuan' },
  limits: [],
  devices: [],
  published: true,
};
const asOwner = { authorization: `Bearer ${ownerToken}` };
type Page = { lines: Record<string, unknown>[]; next: string | null };

onBothDatabases('the audit', (database) => {
  let trace: TraceService;
  const execute = (query: ReturnType<typeof sql>) => database.current().queries.execute(query);
  const audit = (query = '') => trace.getJson<Page>(`/api/v1/audit${query}`, asOwner);
  const faults = async () => (await verifyAudit(database.current().queries)).faults.map(({ what }) => what);

  beforeAll(async () => {
    trace = traceService(database.current());
    const log = newLog('audit.example');
    await trace.enrol(log.origin, log.publicKey);
    log.append(newDevice('audit').sign());
    await trace.upload(log, 0, log.body(0), { 'x-request-id': 'upload-1' });
    await trace.upload(log, 5, log.body(0)); // not what its checkpoint says
    await trace.putBatch('audited', batch);
    await trace.putBatch('audited', batch, 'guess');
    await trace.request('/api/v1/batches/audited', {
      method: 'PUT',
      headers: { ...asOwner, 'content-type': 'application/json', 'x-idempotency-key': 'key-of-13800138000' },
      body: JSON.stringify(batch),
    });
    await trace.getJson('/api/v1/batches/audited/trace');
    await trace.request('/api/v1/nothing?mobile=13800138000', { method: 'DELETE' });
  });

  test('has a line for every write and every attempt, by whom, and how it ended', async () => {
    const { lines, next } = await audit();
    expect(next).toBeNull();
    expect(lines).toMatchObject([
      { seq: 0, who: '-', method: 'POST', requestId: 'upload-1', status: 200, code: null },
      { seq: 1, who: '-', method: 'POST', status: 400, code: 4001 },
      { seq: 2, who: 'owner', method: 'PUT', path: '/api/v1/batches/audited', status: 200 },
      { seq: 3, who: '-', status: 403, code: 4011 },
      { seq: 4, who: 'owner', status: 200, idempotencyKey: expect.stringMatching(/^[0-9a-f]{64}$/) },
      { seq: 5, method: 'DELETE', path: '/api/v1/nothing', status: 404, code: 4018 },
    ]);
    expect(JSON.stringify(lines)).not.toContain('13800138000');
    expect((await audit('?who=owner')).lines).toHaveLength(2);
    expect((await audit(`?from=${Date.now() + 60_000}`)).lines).toHaveLength(0);
    const { at, chain, seq } = lines[2] as { at: number; chain: string; seq: number };
    expect((await audit(`?cursor=${at}:${chain}:${seq}`)).lines).toEqual(lines.slice(3));
  });

  test('is for the owner', async () => {
    expect((await trace.request('/api/v1/audit')).status).toBe(401);
    expect(
      (await trace.request('/api/v1/audit', { headers: { authorization: 'Bearer guess' } })).status,
    ).toBe(403);
  });

  test.each([
    [
      'a line that was changed',
      sql`update trace.audit_lines set who = 'somebody' where seq = 2`,
      sql`update trace.audit_lines set who = 'owner' where seq = 2`,
    ],
    [
      'a line that was moved',
      sql`update trace.audit_lines set seq = 99 where seq = 4`,
      sql`update trace.audit_lines set seq = 4 where seq = 99`,
    ],
  ])('shows %s', async (_, change, back) => {
    expect(await faults()).toEqual([]);
    await execute(change);
    expect((await faults()).length).toBeGreaterThan(0);
    await execute(back);
  });

  test('tells the platform’s log its heads, against which a chain that was written anew shows', async () => {
    const stop = new AbortController();
    const running = trace.audit.run(stop.signal);
    stop.abort();
    await running;
    const { heads, lines, chains } = await verifyAudit(database.current().queries);
    expect({ heads, lines, chains }).toEqual({ heads: 1, lines: 6, chains: 1 });
    expect(await faults()).toEqual([]);

    // Whoever owns the database can make another chain that is sound in itself, or end it earlier.
    await execute(sql`delete from trace.audit_lines where seq = 5`);
    expect(await faults()).toEqual([expect.stringContaining('knows of 6 lines')]);
    await trace.putBatch('audited', batch); // stored as line 6 of this process: line 5 is missing
    expect(await faults()).toContain('line 5 is missing');
    await execute(sql`update trace.audit_lines set seq = 5 where seq = 6`);
    expect((await faults()).some((what) => what.includes('another hash'))).toBe(true);
  });
});
