import { encodeBase64, encodeTombstone, sha256 } from '@tianyuan/protocol';
import { sampleBodies, sampleRotation } from '@tianyuan/protocol/vectors/sample-bodies.ts';
import { beforeAll, expect, test } from 'vitest';
import { onBothDatabases } from './databases.ts';
import { newDevice, newLog, statements } from './signed-log.ts';
import { type TraceService, traceService } from './trace-service.ts';

let logNumber = 0;

onBothDatabases('an upload', (database) => {
  let trace: TraceService;
  beforeAll(() => {
    trace = traceService(database.current());
  });

  async function enrolledLog() {
    logNumber += 1;
    const log = newLog(`gw-${logNumber}.example`);
    await trace.enrol(log.origin, log.publicKey);
    return log;
  }

  async function enrolledDevice(name: string) {
    const device = newDevice(`${name}-${logNumber}`);
    await trace.enrol(device.id, device.publicKey);
    return device;
  }

  test('is mirrored, verified and answered with size and root', async () => {
    const log = await enrolledLog();
    const device = await enrolledDevice('orchard');
    for (let i = 0; i < 300; i++) log.append(device.sign());
    const response = await trace.upload(log, 0, log.body(0));
    expect(await response.json()).toEqual({ size: 300, root: encodeBase64(log.root()) });
    expect(await trace.getJson(`/api/v1/logs/${log.logId}`)).toMatchObject({
      origin: log.origin,
      size: 300,
      messages: 300,
      verified: 300,
      flagged: {},
      anchoredSize: 0,
      finalSize: 0,
    });
  });

  test('may hold messages with any body; a rotation that its new key did not sign is flagged', async () => {
    const log = await enrolledLog();
    const device = await enrolledDevice('grower');
    for (const body of Object.values(sampleBodies)) log.append(device.sign({ ...body, batch: 'a-batch' }));
    log.append(device.sign({ rotation: { ...sampleRotation, lastSeq: 7 } }));
    expect((await trace.upload(log, 0, log.body(0))).status).toBe(200);
    expect(await trace.getJson(`/api/v1/logs/${log.logId}`)).toMatchObject({
      messages: 6,
      verified: 5,
      flagged: { BAD_SIGNATURE: 1 },
    });
  });

  test('may hold messages in both profiles; one seq in both is equivocation', async () => {
    const log = await enrolledLog();
    const device = await enrolledDevice('thrifty');
    log.append(device.signCose());
    log.append(device.sign());
    log.append(device.signCose({ seq: 2 }));
    expect((await trace.upload(log, 0, log.body(0))).status).toBe(200);
    expect(await trace.getJson(`/api/v1/logs/${log.logId}`)).toMatchObject({
      messages: 3,
      verified: 2,
      flagged: { EQUIVOCATION: 2 },
    });
  });

  test('goes on where the last one ended, and may overlap it', async () => {
    const log = await enrolledLog();
    log.appendAll(statements(250));
    await trace.upload(log, 0, log.body(0));
    log.appendAll(statements(20));
    expect((await trace.upload(log, 250, log.body(250))).status).toBe(200);
    log.appendAll(statements(300));
    const overlapping = await trace.upload(log, 100, log.body(100));
    expect(await overlapping.json()).toEqual({ size: 570, root: encodeBase64(log.root()) });
  });

  test('sent again changes nothing', async () => {
    const log = await enrolledLog();
    const device = await enrolledDevice('again');
    log.append(device.sign());
    const body = log.body(0);
    await trace.upload(log, 0, body);
    log.append(device.sign());
    await trace.upload(log, 1, log.body(1));
    const response = await trace.upload(log, 0, body);
    expect(await response.json()).toEqual({ size: 2, root: encodeBase64(log.root()) });
    expect(await trace.getJson(`/api/v1/logs/${log.logId}`)).toMatchObject({
      messages: 2,
      verified: 2,
      flagged: {},
    });
  });

  test('twenty times at once takes effect once', async () => {
    const log = await enrolledLog();
    const device = await enrolledDevice('crowd');
    for (let i = 0; i < 100; i++) log.append(device.sign());
    const body = log.body(0);
    const responses = await Promise.all(Array.from({ length: 20 }, () => trace.upload(log, 0, body)));
    for (const response of responses) {
      expect(await response.json()).toEqual({ size: 100, root: encodeBase64(log.root()) });
    }
    expect(await trace.getJson(`/api/v1/logs/${log.logId}`)).toMatchObject({
      messages: 100,
      verified: 100,
      flagged: {},
    });
  });

  test('that leaves a gap is refused and says where to go on', async () => {
    const log = await enrolledLog();
    log.appendAll(statements(10));
    await trace.upload(log, 0, log.body(0));
    log.appendAll(statements(10));
    const response = await trace.upload(log, 15, log.body(15));
    expect(response.status).toBe(409);
    expect(response.headers.get('content-type')).toContain('application/problem+json');
    expect(await response.json()).toMatchObject({ code: 4004, name: 'GAP', size: 10 });
  });

  test('of a log that nobody enrolled is refused', async () => {
    const log = newLog('stranger.example');
    log.appendAll(statements(1));
    expect(await (await trace.upload(log, 0, log.body(0))).json()).toMatchObject({ code: 4002, status: 404 });
  });

  test('under a checkpoint of another key is refused', async () => {
    const log = await enrolledLog();
    const forger = newLog(log.origin);
    forger.appendAll(statements(1));
    const response = await trace.upload(log, 0, forger.body(0));
    expect(await response.json()).toMatchObject({ code: 4003, status: 403 });
  });

  test('whose entries are not under the signed root is refused, and nothing of it stays', async () => {
    const log = await enrolledLog();
    log.appendAll(statements(3));
    const body = log.body(0);
    const entries = Buffer.from(body.entries, 'base64');
    entries[100]! ^= 1;
    const response = await trace.upload(log, 0, { ...body, entries: entries.toString('base64') });
    expect(await response.json()).toMatchObject({ code: 4005, status: 422 });
    expect((await trace.request(`/api/v1/logs/${log.logId}`)).status).toBe(404);
    expect((await trace.upload(log, 0, body)).status).toBe(200);
  });

  test('that rewrites history is refused, and both histories are kept as evidence', async () => {
    const log = await enrolledLog();
    const secretKey = new Uint8Array(32).fill(logNumber);
    const honest = newLog(log.origin, secretKey);
    await trace.enrol(log.origin, honest.publicKey, 2);
    const common = statements(5);
    honest.appendAll([...common, ...statements(5)]);
    await trace.upload(honest, 0, honest.body(0));

    const rewritten = newLog(log.origin, secretKey);
    rewritten.appendAll([...common, ...statements(9)]);
    const response = await trace.upload(rewritten, 0, rewritten.body(0));
    expect(await response.json()).toMatchObject({ code: 4006, status: 409, size: 10 });
    expect(trace.evidence.at(-1)).toMatchObject({
      kind: 'FORK',
      logId: log.logId,
      detail: { mirrored: honest.checkpoint(), offered: rewritten.checkpoint(), firstDifference: 5 },
    });
    const before = trace.evidence.length;
    expect((await trace.upload(rewritten, 0, rewritten.body(0))).status).toBe(409);
    expect(trace.evidence).toHaveLength(before);

    const shorter = newLog(log.origin, secretKey);
    shorter.appendAll([...statements(3)]);
    shorter.append(new Uint8Array([1]));
    expect(await (await trace.upload(shorter, 3, shorter.body(3))).json()).toMatchObject({ code: 4006 });
    expect(await trace.getJson(`/api/v1/logs/${log.logId}`)).toMatchObject({ size: 10 });
  });

  test.each<[string, (body: Record<string, unknown>) => unknown]>([
    ['no object', () => [1]],
    ['an unknown member', (body) => ({ ...body, more: 1 })],
    ['a checkpoint that is no note', (body) => ({ ...body, checkpoint: 'hello' })],
    ['entries that are not base64', (body) => ({ ...body, entries: '!!!' })],
    ['entries with loose base64', (body) => ({ ...body, entries: ` ${String(body['entries'])}` })],
    ['half an entry', (body) => ({ ...body, entries: Buffer.alloc(28).toString('base64') })],
    ['no entry', (body) => ({ ...body, entries: '', payloads: [] })],
    ['fewer payloads than entries', (body) => ({ ...body, payloads: [] })],
    ['a payload that is not base64', (body) => ({ ...body, payloads: ['%', null] })],
    [
      'a checkpoint of another size',
      (body) => ({ ...body, entries: Buffer.alloc(56).toString('base64'), payloads: [null] }),
    ],
  ])('with %s is malformed', async (_, spoil) => {
    const log = await enrolledLog();
    log.appendAll(statements(2));
    const body = spoil(log.body(0)) as never;
    const response = await trace.upload(log, 0, body);
    expect(await response.json()).toMatchObject({ code: 4001, status: 400 });
  });

  test('that is no JSON, or has no from, is malformed', async () => {
    const path = `/api/v1/logs/${'0'.repeat(64)}/entries`;
    const headers = { 'content-type': 'application/json' };
    expect((await trace.request(`${path}?from=0`, { method: 'POST', headers, body: '{' })).status).toBe(400);
    expect((await trace.request(path, { method: 'POST', headers, body: '{}' })).status).toBe(400);
    expect((await trace.request(`${path}?from=-1`, { method: 'POST', headers, body: '{}' })).status).toBe(
      400,
    );
  });

  test('of more than 2,048 entries or 32 MiB is refused', async () => {
    const log = await enrolledLog();
    log.appendAll(statements(2049));
    expect(await (await trace.upload(log, 0, log.body(0))).json()).toMatchObject({ code: 4001 });
    const huge = { ...newLog('x.example').body(0), entries: 'A'.repeat(33 * 1024 * 1024) };
    expect(await (await trace.upload(log, 0, huge)).json()).toMatchObject({ code: 4007, status: 413 });
  });

  test('with an idempotency key is answered the same again, and with another body refused', async () => {
    const log = await enrolledLog();
    log.appendAll(statements(2));
    const body = log.body(0);
    const key = { 'x-idempotency-key': 'chunk-1' };
    const first = await trace.upload(log, 0, body, key);
    const second = await trace.upload(log, 0, body, key);
    expect(await second.json()).toEqual(await first.json());
    expect(second.headers.get('idempotency-replayed')).toBe('true');
    log.appendAll(statements(1));
    expect(await (await trace.upload(log, 0, log.body(0), key)).json()).toMatchObject({
      code: 4016,
      status: 422,
    });
  });

  test('without payloads is withheld, and evicted where a tombstone says so, for the batch too', async () => {
    const log = await enrolledLog();
    const device = await enrolledDevice('evicted');
    const batch = `batch-of-${device.id}`;
    for (let seq = 1; seq <= 6; seq++) log.append(device.sign({ seq, batch }));
    log.payloads.fill(null, 1, 5);
    expect((await trace.upload(log, 0, log.body(0))).status).toBe(200);
    const flagged = () => trace.getJson(`/api/v1/logs/${log.logId}`);
    expect(await flagged()).toMatchObject({ flagged: { WITHHELD: 4 } });

    const tombstone = (from: number, to: number, reason: 'mirrored' | 'evicted') =>
      encodeTombstone(
        {
          from,
          to,
          reason,
          devices: [{ device: device.id, key: 1, boot: 1, batch, firstSeq: 2, lastSeq: 4, count: 3 }],
        },
        new Uint8Array(16),
      );
    log.append(tombstone(1, 4, 'evicted'), { kind: 'tombstone' });
    log.append(tombstone(0, 2, 'mirrored'), { kind: 'tombstone' }); // of what is here, or evicted already
    log.append(tombstone(4, 99, 'evicted'), { kind: 'tombstone' }); // of what is yet to come: nobody can know
    log.append(tombstone(4, 5, 'evicted'), { kind: 'statement' }); // no tombstone
    expect((await trace.upload(log, 6, log.body(6))).status).toBe(200);
    expect(await flagged()).toMatchObject({ size: 10, verified: 2, flagged: { WITHHELD: 1, EVICTED: 3 } });
    const declared = {
      gtin: '06901234567892',
      lot: 'E-1',
      product: { zh: '橙', en: 'oranges' },
      origin: { zh: '赣州', en: 'Ganzhou' },
      limits: [],
      devices: [device.id],
      published: true,
    };
    expect((await trace.putBatch(batch, declared)).status).toBe(200);
    expect(await trace.getJson(`/api/v1/batches/${batch}/trace`)).toMatchObject({ flagged: { EVICTED: 3 } });
  });

  test('whose content does not verify is stored and flagged', async () => {
    const log = await enrolledLog();
    const device = await enrolledDevice('flags');
    const stranger = newDevice(`stranger-${logNumber}`);
    const forger = newDevice(device.id);
    log.append(device.sign({ seq: 1 }));
    log.append(forger.sign({ seq: 2 }));
    log.append(stranger.sign());
    log.append(new TextEncoder().encode('{"v":1}'));
    log.append(device.sign({ seq: 3 }), { payloadHash: sha256(new Uint8Array(1)) });
    log.append(device.sign({ seq: 4 }));
    log.payloads[5] = null;
    const twice = device.sign({ seq: 5 });
    log.append(twice);
    log.append(twice);
    log.append(device.sign({ seq: 6, readings: [{ type: 'humidity', value: 200_000 }] }));
    log.append(device.sign({ seq: 7, time: Date.UTC(2100, 0, 1) }));
    log.append(device.sign({ seq: 8, time: 1 }));
    log.append(device.sign({ seq: 9, batch: 'nul \u0000 in it' }));
    log.append(new Uint8Array(16), { kind: 'statement' });
    log.append(new Uint8Array(16), { kind: 'tombstone' });
    expect((await trace.upload(log, 0, log.body(0))).status).toBe(200);
    expect(await trace.getJson(`/api/v1/logs/${log.logId}`)).toMatchObject({
      size: 14,
      messages: 12,
      verified: 6,
      flagged: {
        BAD_SIGNATURE: 1,
        UNKNOWN_DEVICE: 1,
        MALFORMED: 1,
        COMMITMENT_MISMATCH: 1,
        WITHHELD: 1,
        DUPLICATE: 1,
        OUT_OF_RANGE: 1,
        CLOCK_SKEW: 2,
      },
    });
  });

  test('tells a message that another gateway also saw from one that contradicts it', async () => {
    const [one, other] = [await enrolledLog(), await enrolledLog()];
    const device = await enrolledDevice('two-gateways');
    const message = device.sign({ seq: 1 });
    one.append(message);
    one.append(device.sign({ seq: 2, time: 1_790_000_000_000 }));
    await trace.upload(one, 0, one.body(0));
    other.append(message);
    other.append(device.sign({ seq: 2, time: 1_790_000_000_001 }));
    await trace.upload(other, 0, other.body(0));
    expect(await trace.getJson(`/api/v1/logs/${one.logId}`)).toMatchObject({
      verified: 2,
      flagged: { EQUIVOCATION: 1 },
    });
    expect(await trace.getJson(`/api/v1/logs/${other.logId}`)).toMatchObject({
      verified: 0,
      flagged: { ALSO_SEEN: 1, EQUIVOCATION: 1 },
    });
  });

  test('takes the evidence of an equivocation that the gateway logged', async () => {
    const log = await enrolledLog();
    const device = await enrolledDevice('liar');
    log.append(device.sign({ seq: 1 }));
    log.append(device.sign({ seq: 1, time: 1_790_000_000_000 }), { kind: 'equivocation' });
    await trace.upload(log, 0, log.body(0));
    expect(await trace.getJson(`/api/v1/logs/${log.logId}`)).toMatchObject({
      messages: 2,
      verified: 1,
      flagged: { EQUIVOCATION: 2 },
    });
  });
});
