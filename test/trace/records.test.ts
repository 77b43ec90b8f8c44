import { records as recordRows } from '@tianyuan/trace-api/database/schema.ts';
import { farm, harvest } from '@tianyuan/trace-api/genealogy/fixture/events.ts';
import { readAsOf } from '@tianyuan/trace-api/records/as-of.ts';
import { captureMirrored } from '@tianyuan/trace-api/records/capture-mirrored.ts';
import { hasStaleRecords, rebuild } from '@tianyuan/trace-api/records/rebuild.ts';
import {
  decodeEntryBundle,
  equalBytes,
  formatTilePath,
  leafHash,
  nodeHash,
  parseCheckpoint,
  utf8ToBytes,
  verifyCheckpoint,
} from '@tianyuan/protocol';
import { sampleBinding, sampleBodies } from '@tianyuan/protocol/vectors/sample-bodies.ts';
import { beforeAll, expect, test } from 'vitest';
import { onBothDatabases } from './databases.ts';
import { type Device, type SignedLog, newDevice, newLog } from './signed-log.ts';
import { type TraceService, platformKey, traceService } from './trace-service.ts';

type Answer = { index: number; at: number; existed: boolean; logId: string; code: number; detail: string };

onBothDatabases("the platform's own log", (database) => {
  let trace: TraceService;
  let farmer: Device;
  let stranger: Device;
  let gateway: SignedLog;

  beforeAll(async () => {
    trace = traceService(database.current());
    [farmer, stranger, gateway] = [newDevice('li-wei'), newDevice('nobody'), newLog('records-gw.example')];
    await trace.enrol(platformKey.origin, platformKey.publicKey);
    await trace.enrol(farmer.id, farmer.publicKey);
    await trace.enrol(gateway.origin, gateway.publicKey);
    await employ(trace, farmer.id);
  });

  async function post(payload: Uint8Array): Promise<Answer & { status: number }> {
    const response = await trace.request('/api/v1/messages', {
      method: 'POST',
      body: new Uint8Array(payload),
    });
    return { ...((await response.json()) as Answer), status: response.status };
  }
  const rows = async () =>
    (await database.current().queries.select().from(recordRows)).toSorted((a, b) => a.atIndex - b.atIndex);
  const checkpoint = async () =>
    parseCheckpoint(await (await trace.request(`/logs/${platformKey.logId}/checkpoint`)).text());

  test('takes a signed event, and again without logging it twice', async () => {
    const payload = farmer.sign({ event: harvest({ A: 500_000 }, { bizLocation: { id: farm } }) });
    expect(await post(payload)).toMatchObject({ status: 201, index: 3, existed: false });
    expect(await post(payload)).toMatchObject({ status: 200, index: 3, existed: true });
    expect(await rows()).toMatchObject([
      { name: 'organisation', by: 'owner', signed: false },
      { name: 'person' },
      { name: 'role' },
      { atIndex: 3, name: 'event', by: 'li-wei', signed: true },
    ]);
    const head = await checkpoint();
    expect(head.size).toBe(4);
    expect(verifyCheckpoint(head, platformKey.publicKey)).toBe(true);
  });

  test.each<[string, number, (change: Device) => Uint8Array]>([
    ['from nobody that is known', 4080, () => stranger.sign(sampleBodies.event)],
    ['of readings', 4083, (from) => from.sign()],
    ['that was changed', 4081, (from) => changed(from.sign(sampleBodies.report), '97500', '97501')],
    ['that is not canonical', 4086, (from) => changed(from.sign(sampleBodies.report), '{"boot', '{ "boot')],
    ['that is no JSON', 4086, () => utf8ToBytes('{')],
    ['of nothing', 4086, () => new Uint8Array(0)],
    ['that is too large', 4007, () => new Uint8Array(16 * 1024 + 1)],
  ])('refuses a message %s, and logs nothing', async (_, code, make) => {
    const before = (await checkpoint()).size;
    expect(await post(make(farmer))).toMatchObject({ code });
    expect((await checkpoint()).size).toBe(before);
  });

  test('keeps the second of two messages under one number as evidence, and refuses it', async () => {
    const first = farmer.sign({ ...sampleBodies.report, boot: 3, seq: 1 });
    const second = farmer.sign({ ...sampleBodies.binding, boot: 3, seq: 1 });
    const { index } = await post(first);
    const before = (await checkpoint()).size;
    expect(await post(second)).toMatchObject({ status: 409, code: 4082 });
    expect((await checkpoint()).size).toBe(before + 1);
    expect((await rows()).at(-1)).toMatchObject({ atIndex: index, name: 'report' });
  });

  test('gives every one of many messages at once a place of its own', async () => {
    const payloads = Array.from({ length: 12 }, (_, i) =>
      farmer.sign({ binding: { ...sampleBinding, device: `th-${i}` } }),
    );
    const before = (await checkpoint()).size;
    const answers = await Promise.all(payloads.map(post));
    expect(answers.map(({ status }) => status)).toEqual(payloads.map(() => 201));
    const places = answers.map(({ index }) => index).toSorted((a, b) => a - b);
    expect(places).toEqual(payloads.map((_, i) => before + i));
    expect((await checkpoint()).size).toBe(before + 12);
  });

  test('takes up what a gateway logged, once, in order, and what comes twice as the gateway had it', async () => {
    const report = farmer.sign({ ...sampleBodies.report, boot: 4, seq: 1 });
    gateway.append(report);
    gateway.append(farmer.sign({ ...sampleBodies.binding, boot: 4, seq: 2 }));
    expect((await trace.upload(gateway, 0, gateway.body(0))).status).toBe(200);
    await captureMirrored(database.current(), trace.records);
    await captureMirrored(database.current(), trace.records);
    expect((await rows()).slice(-2)).toMatchObject([
      { name: 'report', by: 'li-wei' },
      { name: 'binding', by: 'li-wei' },
    ]);
    expect(await post(report)).toMatchObject({ code: 4083 });
  });

  test('is the same after a rebuild', async () => {
    const before = await rows();
    await rebuild(database.current(), platformKey.origin);
    expect(await rows()).toEqual(before);
  });

  test('is bounded by a date', async () => {
    const all = await rows();
    const { queries } = database.current();
    expect(await readAsOf(queries, all[0]!.at - 1)).toBe(0);
    expect(await readAsOf(queries, all.at(-1)!.at)).toBe(all.at(-1)!.atIndex + 1);
    expect(await readAsOf(queries, undefined)).toBeGreaterThan(all.length);
  });

  test('counts nothing of a key from where it is revoked on, in its own log and in a gateway’s', async () => {
    const second = newDevice('zhao-min');
    await trace.enrol(second.id, second.publicKey);
    await post(second.sign(sampleBodies.report));
    const { index } = await post(second.sign(sampleBodies.report));
    gateway.append(second.sign(sampleBodies.report));
    expect((await trace.upload(gateway, 2, gateway.body(2))).status).toBe(200);
    await captureMirrored(database.current(), trace.records);
    const of = async () => (await rows()).filter(({ by }) => by === second.id).length;
    expect(await of()).toBe(3);
    expect(await hasStaleRecords(database.current().queries, platformKey.logId)).toBe(false);

    const cuts = [
      { logId: platformKey.logId, fromIndex: index },
      { logId: gateway.logId, fromIndex: 2 },
    ];
    await trace.revoke(second.id, second.publicKey, cuts);
    expect(await hasStaleRecords(database.current().queries, platformKey.logId)).toBe(true);
    await rebuild(database.current(), platformKey.origin);
    expect(await of()).toBe(1);
    expect(await hasStaleRecords(database.current().queries, platformKey.logId)).toBe(false);
    expect(await post(second.sign(sampleBodies.report))).toMatchObject({ status: 403, code: 4084 });
  });

  test('has the root of exactly the entries that it serves', async () => {
    const head = await checkpoint();
    const path = formatTilePath({ level: 'entries', index: 0, width: head.size });
    const response = await trace.request(`/logs/${platformKey.logId}/${path}`);
    const entries = decodeEntryBundle(new Uint8Array(await response.arrayBuffer()));
    expect(entries).toHaveLength(head.size);
    expect(equalBytes(naiveRoot(entries.map(leafHash)), head.root)).toBe(true);
  });
});

/** Somebody gets a role at a farm: an event counts only if its signer has one. */
async function employ({ records }: TraceService, person: string): Promise<void> {
  const organisation = '91110000600037341L';
  const scope = { kind: 'organisation', id: organisation };
  const written = await records.statements(
    [
      {
        name: 'organisation',
        body: { uscc: organisation, name: { zh: '果园', en: 'Orchard' }, kind: 'farm' },
      },
      { name: 'person', body: { person, organisation, commitments: [] } },
      { name: 'role', body: { person, role: 'farmer', scope, from: 0 } },
    ],
    'owner',
  );
  expect(written).toHaveLength(3);
}

/** The root of any number of leaves, RFC 6962 section 2.1 as it stands there. */
function naiveRoot(leaves: readonly Uint8Array[]): Uint8Array {
  if (leaves.length === 1) return leaves[0]!;
  let k = 1;
  while (k * 2 < leaves.length) k *= 2;
  return nodeHash(naiveRoot(leaves.slice(0, k)), naiveRoot(leaves.slice(k)));
}

function changed(payload: Uint8Array, from: string, to: string): Uint8Array {
  const text = Buffer.from(payload).toString();
  expect(text).toContain(from);
  return Buffer.from(text.replace(from, to));
}
