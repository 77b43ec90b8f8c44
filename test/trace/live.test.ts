import type { BatchView } from '@tianyuan/trace-api/batches/batch-view.ts';
import {
  type CompactRange,
  appendToRange,
  concatBytes,
  encodeBase64,
  leafHash,
  newSecretKey,
} from '@tianyuan/protocol';
import { beforeAll, expect, test } from 'vitest';
import { onBothDatabases } from './databases.ts';
import { type Device, type SignedLog, aDay, newDevice, newLog, statements } from './signed-log.ts';
import { type TraceService, traceService } from './trace-service.ts';

let number = 0;

/** The base64 of the roots of the complete subtrees of a log's first entries. */
function before(log: SignedLog, from: number): string {
  const range: CompactRange = { size: 0, nodes: [] };
  for (const entry of log.entries.slice(0, from)) appendToRange(range, leafHash(entry));
  return encodeBase64(concatBytes(...range.nodes));
}

const secretKeys = new Map<SignedLog, Uint8Array>();

/** The first entries of a log, under its key: what it is, was, or goes on otherwise from. */
function newLogOf(log: SignedLog, size: number): SignedLog {
  const part = newLog(log.origin, secretKeys.get(log));
  copy(log, part, size);
  return part;
}

function copy(log: SignedLog, to: SignedLog, size: number): void {
  for (const [i, entry] of log.entries.slice(0, size).entries()) to.appendEntry(entry, log.payloads[i]!);
}

function fake(size: number): SignedLog {
  const log = newLog('fake.example');
  log.appendAll(statements(size));
  return log;
}

/** The log's present head, under another key. */
function forged(log: SignedLog): string {
  const forger = newLog(log.origin);
  copy(log, forger, log.size());
  return forger.checkpoint();
}

onBothDatabases('what a gateway shows ahead of its backfill', (database) => {
  let trace: TraceService;
  beforeAll(() => {
    trace = traceService(database.current());
  });

  const post = (log: SignedLog, from: number, change: object = {}) =>
    trace.request(`/api/v1/logs/${log.logId}/live?from=${from}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...log.body(from), before: before(log, from), ...change }),
    });
  const describe = (log: SignedLog) =>
    trace.getJson<{ size: number; live: unknown }>(`/api/v1/logs/${log.logId}`);
  const head = (log: SignedLog) => ({ size: log.size(), root: encodeBase64(log.root()) });

  /** An enrolled log of which `mirrored` entries are mirrored, and a device of a batch. */
  async function farm(mirrored: number) {
    number += 1;
    const secretKey = newSecretKey();
    const log = newLog(`live-${number}.example`, secretKey);
    secretKeys.set(log, secretKey);
    const truck = newDevice(`live-truck-${number}`);
    await trace.enrol(log.origin, log.publicKey);
    await trace.enrol(truck.id, truck.publicKey);
    const batchId = `live-${number}`;
    const put = await trace.putBatch(batchId, {
      gtin: '06901234567892',
      lot: `LIVE-${number}`,
      product: { zh: '脐橙', en: 'navel oranges' },
      origin: { zh: '安远', en: 'Anyuan' },
      harvestedAt: aDay,
      limits: [],
      devices: [truck.id],
      published: true,
    });
    expect(put.status).toBe(200);
    if (mirrored > 0) {
      log.appendAll(statements(mirrored));
      expect((await trace.upload(log, 0, log.body(0))).status).toBe(200);
    }
    const live = async () => (await trace.getJson<BatchView>(`/api/v1/batches/${batchId}/trace`)).live;
    const page = async (language: string) =>
      (await trace.request(`/01/06901234567892/10/LIVE-${number}?lang=${language}`)).text();
    return { log, truck, batchId, live, page };
  }

  const reading = (truck: Device, batch: string, at: number, value: number) =>
    truck.sign({ batch, time: aDay + at, readings: [{ type: 'temperature', value }] });

  test('is on the page at once, and gone from there when it is mirrored in its turn', async () => {
    const { log, truck, batchId, live, page } = await farm(100);
    log.appendAll(statements(5000));
    const from = log.size();
    log.append(reading(truck, batchId, 1000, 4_000));
    log.append(reading(truck, batchId, 2000, -3_250));
    const answer = await post(log, from);
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ size: 100, live: head(log) });
    const expected = {
      device: truck.id,
      type: 'temperature',
      sensor: null,
      time: aDay + 2000,
      value: -3_250,
      logId: log.logId,
      index: from + 1,
    };
    expect(await live()).toEqual([expected]);
    expect(await page('zh')).toMatch(/最新读数（正在补传）[\s\S]*\u22123.25\u00a0°C/);
    expect(await page('en')).toMatch(/ahead of a backfill[\s\S]*\u22123.25\u00a0°C/);
    expect(await describe(log)).toMatchObject({ size: 100, live: head(log) });

    // The mirror comes nearer, and nothing changes; then it passes.
    const upTo = async (size: number) => {
      const part = newLogOf(log, size);
      const at = (await describe(log)).size;
      expect((await trace.upload(part, at, part.body(at))).status).toBe(200);
    };
    for (const size of [2000, 4000]) await upTo(size);
    expect(await live()).toEqual([expected]);
    await upTo(log.size());
    expect(await live()).toEqual([]);
    expect(await page('zh')).not.toContain('正在补传');
    expect(await describe(log)).toMatchObject({ size: log.size(), live: null });
  });

  test('goes on from where it was shown, and an older reading does not replace a newer one', async () => {
    const { log, truck, batchId, live } = await farm(3);
    log.appendAll(statements(10));
    const first = log.size();
    log.append(reading(truck, batchId, 9000, 1));
    expect((await post(log, first)).status).toBe(200);
    const second = log.size();
    log.append(reading(truck, batchId, 5000, 2));
    expect((await post(log, second)).status).toBe(200);
    expect(await live()).toMatchObject([{ value: 1, index: first }]);
    const third = log.size();
    log.append(reading(truck, batchId, 10_000, 3));
    expect((await post(log, third)).status).toBe(200);
    expect(await live()).toMatchObject([{ value: 3, index: third }]);
    expect(await describe(log)).toMatchObject({ live: head(log) });
  });

  test('is not shown where it is mirrored already, nor as of an earlier moment', async () => {
    const { log, truck, batchId, live } = await farm(3);
    log.append(reading(truck, batchId, 1000, 1));
    await trace.upload(log, 3, log.body(3));
    expect(await (await post(log, 2)).json()).toMatchObject({ size: 4, live: null });
    expect(await live()).toEqual([]);
    log.appendAll(statements(10));
    const from = log.size();
    log.append(reading(truck, batchId, 2000, 2));
    await post(log, from);
    expect(await live()).toHaveLength(1);
    const past = await trace.getJson<BatchView>(`/api/v1/batches/${batchId}/trace?asOf=${Date.now()}`);
    expect(past.live).toEqual([]);
  });

  test('may be the first that is heard of a log, and overlap what is mirrored', async () => {
    const { log, truck, batchId, live } = await farm(0);
    log.appendAll(statements(7));
    log.append(reading(truck, batchId, 1000, 1));
    expect(await (await post(log, 7)).json()).toMatchObject({ size: 0, live: head(log) });
    expect(await live()).toMatchObject([{ value: 1 }]);
    const part = newLogOf(log, 4);
    expect((await trace.upload(part, 0, part.body(0))).status).toBe(200);
    log.append(reading(truck, batchId, 2000, 2));
    expect(await (await post(log, 3)).json()).toMatchObject({ size: 4, live: head(log) });
    expect(await live()).toMatchObject([{ value: 2 }]);
  });

  test('counts only where signature and key do', async () => {
    const { log, truck, batchId, live } = await farm(1);
    log.appendAll(statements(10));
    const from = log.size();
    log.append(newDevice(truck.id).sign({ batch: batchId, seq: 70 })); // another key under its name
    log.append(newDevice('live-stranger').sign({ batch: batchId }));
    expect((await post(log, from)).status).toBe(200);
    expect(await live()).toEqual([]);
  });

  test.each<[string, (log: SignedLog, from: number) => [change: object, code: number]]>([
    ['with other subtrees before it', (_, from) => [{ before: before(fake(from), from) }, 4005]],
    ['with too few subtrees before it', () => [{ before: '' }, 4001]],
    ['with bytes that are no hashes', () => [{ before: 'AAAA' }, 4001]],
    ['with another entry', (log, from) => [{ entries: fake(log.size()).body(from).entries }, 4005]],
    ['under a checkpoint of another key', (log) => [{ checkpoint: forged(log) }, 4003]],
  ])('%s is refused, and nothing is shown', async (_, change) => {
    const { log, truck, batchId, live } = await farm(1);
    log.appendAll(statements(10));
    const from = log.size();
    log.append(reading(truck, batchId, 1000, 1));
    const [changed, code] = change(log, from);
    expect(await (await post(log, from, changed)).json()).toMatchObject({ code });
    expect(await live()).toEqual([]);
    expect(await describe(log)).toMatchObject({ live: null });
  });

  test('of a log that nobody enrolled is refused', async () => {
    const log = newLog('live-nobody.example');
    log.appendAll(statements(2));
    expect(await (await post(log, 1)).json()).toMatchObject({ code: 4002 });
  });

  test.each([
    'when the mirror gets there',
    'by the next that is shown',
    'by one of the same size',
    'against the mirror',
  ])('binds its log: another history is refused %s, with both checkpoints as evidence', async (when) => {
    const { log } = await farm(4);
    const other = newLogOf(log, 4);
    log.appendAll(statements(6));
    other.appendAll(statements(6));
    const shownFirst = when !== 'against the mirror';
    if (shownFirst) expect((await post(log, 8)).status).toBe(200);
    const known = shownFirst ? log.checkpoint() : newLogOf(log, 4).checkpoint();
    const twice = async (): Promise<Response> => {
      switch (when) {
        case 'when the mirror gets there':
          other.appendAll(statements(2));
          return trace.upload(other, 4, other.body(4));
        case 'by the next that is shown':
          other.appendAll(statements(2));
          return post(other, 10);
        case 'by one of the same size':
          return post(other, 7);
        default: {
          const rewritten = newLog(log.origin, secretKeys.get(log));
          rewritten.appendAll(statements(9));
          return post(rewritten, 3);
        }
      }
    };
    const refused = await twice();
    expect(await refused.json()).toMatchObject({ code: 4006, name: 'INCONSISTENT_HISTORY', size: 4 });
    const { contradictions } = await trace.getJson<{
      contradictions: { kind: string; checkpoints: string[] }[];
    }>(`/api/v1/logs/${log.logId}`);
    expect(contradictions).toMatchObject([{ kind: 'FORK' }]);
    expect(contradictions[0]!.checkpoints).toContain(known);
    expect(trace.evidence.at(-1)).toMatchObject({ kind: 'FORK', logId: log.logId });
  });
});
