import { bytesToHex, logSignature, parseCheckpoint } from '@tianyuan/protocol';
import type { TraceRecord } from '@tianyuan/trace-api/closing/read-trace-records.ts';
import { hashSummary } from '@tianyuan/trace-api/closing/summary.ts';
import { eventFacts } from '@tianyuan/trace-api/database/schema.ts';
import { farm, harvest, make } from '@tianyuan/trace-api/genealogy/fixture/events.ts';
import { rebuild } from '@tianyuan/trace-api/records/rebuild.ts';
import { eq } from 'drizzle-orm';
import { beforeAll, expect, test } from 'vitest';
import { onBothDatabases } from './databases.ts';
import { type Person, newPerson } from './person.ts';
import { type Device, type SignedLog, aDay, newDevice, newLog } from './signed-log.ts';
import { type TraceService, ownerToken, platformKey, traceService } from './trace-service.ts';

const batch = {
  gtin: '06901234567892',
  lot: 'G',
  product: { zh: '脐橙', en: 'navel oranges' },
  origin: { zh: '安远', en: 'Anyuan' },
  limits: [],
  devices: ['closing-truck'],
  published: true,
};

onBothDatabases('the close of a batch', (database) => {
  let trace: TraceService;
  let farmer: Person;
  let truck: Device;
  let gateway: SignedLog;

  beforeAll(async () => {
    trace = traceService(database.current());
    [farmer, truck, gateway] = [newPerson('li-wei'), newDevice('closing-truck'), newLog('closing.example')];
    await trace.enrol(platformKey.origin, platformKey.publicKey);
    await trace.enrol(gateway.origin, gateway.publicKey);
    for (const { id, publicKey } of [farmer, truck]) await trace.enrol(id, publicKey);
    const organisation = '91110000600037341L';
    const scope = { kind: 'organisation', id: organisation };
    await trace.records.statements(
      [
        {
          name: 'organisation',
          body: { uscc: organisation, name: { zh: '果园', en: 'Orchard' }, kind: 'farm' },
        },
        { name: 'person', body: { person: farmer.id, organisation, commitments: [] } },
        { name: 'role', body: { person: farmer.id, role: 'farmer', scope, from: 0 } },
      ],
      'owner',
    );
    expect((await trace.putBatch('graded', batch)).status).toBe(200);
    for (const event of [
      harvest({ A: 1_000 }, { bizLocation: { id: farm } }),
      make({ A: 900 }, { G: 880 }, 20),
    ]) {
      const body = new Uint8Array(farmer.message({ event }));
      expect((await trace.request('/api/v1/messages', { method: 'POST', body })).status).toBe(201);
    }
    for (let i = 0; i < 3; i++) gateway.append(truck.sign({ batch: 'graded', time: aDay + i * 1_000 }));
    expect((await trace.upload(gateway, 0, gateway.body(0))).status).toBe(200);
  });

  async function close(token: string = ownerToken) {
    const response = await trace.request('/api/v1/batches/graded/close', {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
    });
    return { status: response.status, ...((await response.json()) as { index: number; code: number }) };
  }
  const traceRecords = async () =>
    (await trace.getJson<{ records: TraceRecord[] }>('/api/v1/batches/graded/trace-records')).records;

  /** The chain takes the platform's log as it is. */
  async function anchorPlatform(): Promise<void> {
    const note = await (await trace.request(`/logs/${platformKey.logId}/checkpoint`)).text();
    const head = parseCheckpoint(note);
    await trace.anchor(
      { logId: platformKey.logId, size: () => head.size } as SignedLog,
      head.root,
      logSignature(head, platformKey.publicKey)!.bytes,
    );
  }

  test('logs the hash of what it is', async () => {
    expect(await close('guess')).toMatchObject({ status: 401, code: 4036 });
    const { index } = await close();
    const [record, ...others] = await traceRecords();
    expect(others).toEqual([]);
    expect(record).toMatchObject({
      trace_id: `${platformKey.logId.slice(0, 16)}-${index}`,
      batch_id: 'graded',
      block_hash: null,
      transaction_hash: null,
      verification_status: 'pending',
      verified_at: null,
    });
    const { hash, logId: _, index: at, ...summary } = record!.trace_data;
    expect(at).toBe(index);
    expect(hashSummary(summary)).toBe(hash);
    expect(summary).toMatchObject({
      batch: { ...batch, batchId: 'graded' },
      edges: [{ used: '900 GRM', made: '880 GRM' }],
      events: [4, 5],
      readings: [{ logId: gateway.logId, size: 3, root: bytesToHex(gateway.root()), messages: 3 }],
    });
  });

  test('is verified once an anchor covers it, and names the transaction', async () => {
    await anchorPlatform();
    const [record] = await traceRecords();
    expect(record).toMatchObject({ verification_status: 'verified', transaction_index: null });
    expect(record!.transaction_hash).toMatch(/^[0-9a-f]{64}$/);
    expect(record!.block_hash).toMatch(/^[0-9a-f]{64}$/);
    expect(record!.trace_id.length).toBeLessThanOrEqual(36);
    expect(await trace.getJson('/api/v1/batches/graded')).toMatchObject({
      ...batch,
      ownTraceRecordId: record!.trace_id,
    });
  });

  test('stands when the batch goes on, and each close has its own', async () => {
    expect((await trace.putBatch('graded', { ...batch, qualityGrade: '一级' })).status).toBe(200);
    await close();
    const [second, first] = await traceRecords();
    expect(first).toMatchObject({ verification_status: 'verified' });
    expect(second).toMatchObject({
      verification_status: 'pending',
      trace_data: { batch: { qualityGrade: '一级' } },
    });
    await rebuild(database.current(), platformKey.origin);
    const records = (await traceRecords()).map(({ verified_at: _, ...rest }) => rest);
    expect(records).toEqual([second!, first!].map(({ verified_at: _, ...rest }) => rest));
  });

  test('is refused with a hash that is not that of its summary', async () => {
    const { asOf, readings } = (await traceRecords())[0]!.trace_data;
    const body = { batchId: 'graded', asOf, readings, hash: 'a'.repeat(64) };
    expect(await trace.records.statement('batch-summary', body, 'owner')).toMatchObject({
      detail: expect.stringContaining('hash') as string,
    });
  });

  test('fails where the record has been changed behind it', async () => {
    await database.current().queries.delete(eventFacts).where(eq(eventFacts.atIndex, 4));
    expect((await traceRecords())[1]).toMatchObject({ verification_status: 'failed' });
  });
});
