import { type ProofBundle, encodeBase64, parseTlogProof, verifyBundle } from '@tianyuan/protocol';
import { beforeAll, expect, test } from 'vitest';
import { onBothDatabases } from './databases.ts';
import { type Device, type SignedLog, newDevice, newLog } from './signed-log.ts';
import { type TraceService, ownerToken, traceService } from './trace-service.ts';

const batch = {
  gtin: '06901234567892',
  lot: 'P-1',
  product: { zh: '苹果', en: 'apples' },
  origin: { zh: '洛川', en: 'Luochuan' },
  limits: [],
  devices: ['proof-truck'],
  published: true,
};

onBothDatabases('a proof bundle', (database) => {
  let trace: TraceService;
  let log: SignedLog;
  let truck: Device;
  let orchard: Device;

  beforeAll(async () => {
    trace = traceService(database.current());
    log = newLog('proof.example');
    truck = newDevice('proof-truck');
    orchard = newDevice('proof-orchard');
    await trace.enrol(log.origin, log.publicKey);
    for (const device of [truck, orchard]) await trace.enrol(device.id, device.publicKey);
    for (let i = 0; i < 300; i++) log.append((i % 2 ? orchard : truck).sign({ batch: 'proof' }));
    await trace.upload(log, 0, log.body(0));
    await trace.anchor(log);
    for (let i = 0; i < 10; i++) log.append(truck.sign({ batch: 'proof' }));
    await trace.upload(log, 300, log.body(300));
    expect((await trace.putBatch('proof', batch)).status).toBe(200);
  });

  const proofOf = (index: number | string) => `/api/v1/logs/${log.logId}/entries/${index}/proof`;
  const asOwner = { authorization: `Bearer ${ownerToken}` };

  test.each([0, 1, 127, 255, 256, 298, 299])('of entry %i verifies but for the chain', async (index) => {
    const bundle = await trace.getJson(proofOf(index), asOwner);
    const policy = {
      logs: [{ origin: log.origin, publicKey: encodeBase64(log.publicKey) }],
      devices: [truck, orchard].map(({ id, publicKey }) => ({
        id,
        key: 1,
        publicKey: encodeBase64(publicKey),
      })),
    };
    const { checks } = await verifyBundle(bundle, policy);
    expect(checks.map(({ name, status }) => [name, status])).toEqual([
      ['message signature', 'passed'],
      ['device key', 'passed'],
      ['payload commitment', 'passed'],
      ['inclusion', 'passed'],
      ['checkpoint signature', 'passed'],
      ['cosignatures', 'passed'],
      ['anchor', 'not checked'],
      ['finality', 'not checked'],
    ]);
  });

  test('has the payload for the owner, and for everybody where the batch is published and the device is in it', async () => {
    const published = await trace.getJson<ProofBundle>(proofOf(0));
    expect(published.payload).toBe(encodeBase64(log.payloads[0]!));
    expect(published.device).toMatchObject({ id: 'proof-truck', key: 1 });
    const foreign = await trace.getJson<ProofBundle>(proofOf(1));
    expect(foreign).not.toHaveProperty('payload');
    expect(foreign).not.toHaveProperty('device');
    expect(await trace.getJson<ProofBundle>(proofOf(1), asOwner)).toHaveProperty('payload');
    expect(
      await trace.getJson<ProofBundle>(proofOf(1), { authorization: 'Bearer guess' }),
    ).not.toHaveProperty('payload');

    await trace.putBatch('proof', { ...batch, published: false });
    expect(await trace.getJson<ProofBundle>(proofOf(0))).not.toHaveProperty('payload');
    await trace.putBatch('proof', batch);
  });

  test('stands at the smallest anchored size that covers the entry, however the log grows', async () => {
    expect(await (await trace.request(proofOf(305))).json()).toMatchObject({ code: 4013, status: 409 });
    const before = await trace.getJson<ProofBundle>(proofOf(299), asOwner);
    await trace.anchor(log);
    expect(await trace.getJson(proofOf(299), asOwner)).toEqual(before);
    const later = await trace.getJson<ProofBundle>(proofOf(300), asOwner);
    expect(parseTlogProof(later.tlogProof).checkpoint).toContain('\n310\n');
    expect(parseTlogProof(before.tlogProof).checkpoint).toContain('\n300\n');
    expect(await trace.getJson(`/api/v1/logs/${log.logId}`)).toMatchObject({
      anchoredSize: 310,
      finalSize: 0,
    });
  });

  test('is refused for what does not exist', async () => {
    expect(await (await trace.request(proofOf(310))).json()).toMatchObject({ code: 4012, status: 404 });
    expect(await (await trace.request(proofOf('one'))).json()).toMatchObject({ code: 4014, status: 400 });
    const elsewhere = `/api/v1/logs/${'1'.repeat(64)}/entries/0/proof`;
    expect(await (await trace.request(elsewhere)).json()).toMatchObject({ code: 4002, status: 404 });
  });

  test('is never built on an anchor that contradicts the mirror, which is evidence', async () => {
    const other = newLog('contradicted.example');
    await trace.enrol(other.origin, other.publicKey);
    other.append(truck.sign());
    const forked = newLog(other.origin, new Uint8Array(32).fill(9));
    await trace.enrol(forked.origin, forked.publicKey, 2);
    forked.append(truck.sign());
    // On the chain before the upload came: judged when the mirror is long enough.
    await trace.anchor(forked);
    expect(trace.evidence).toEqual([]);
    await trace.upload(other, 0, other.body(0));
    await trace.settle();
    expect(trace.evidence.splice(0)).toMatchObject([
      {
        kind: 'ANCHOR_MISMATCH',
        logId: other.logId,
        detail: { anchoredRoot: encodeBase64(forked.root()), mirroredRoot: encodeBase64(other.root()) },
      },
    ]);
    const refused = await trace.request(`/api/v1/logs/${other.logId}/entries/0/proof`);
    expect(await refused.json()).toMatchObject({ code: 4013 });

    await trace.anchor(other, other.root(), new Uint8Array(64));
    expect(trace.evidence.splice(0)).toMatchObject([{ kind: 'ANCHOR_SIGNATURE', logId: other.logId }]);
  });
});
