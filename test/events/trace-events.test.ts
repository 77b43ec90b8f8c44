import { type EventEnvelope, natsBus, newLogger } from '@tianyuan/platform';
import { logSignature, parseCheckpoint } from '@tianyuan/protocol';
import { anchors, outbox } from '@tianyuan/trace-api/database/schema.ts';
import { openEvents } from '@tianyuan/trace-api/events/open-events.ts';
import { publishProven } from '@tianyuan/trace-api/events/publish-proven.ts';
import { rebuild } from '@tianyuan/trace-api/records/rebuild.ts';
import { beforeAll, expect, test } from 'vitest';
import { has } from '../components.ts';
import { startNats } from '../nats.ts';
import { onBothDatabases } from '../trace/databases.ts';
import type { SignedLog } from '../trace/signed-log.ts';
import { type TraceService, ownerToken, platformKey, traceService } from '../trace/trace-service.ts';

const batch = {
  gtin: '06901234567892',
  lot: 'P',
  product: { zh: '脐橙', en: 'navel oranges' },
  origin: { zh: '安远', en: 'Anyuan' },
  limits: [],
  devices: [],
  published: true,
};
const reason = { zh: '抽检', en: 'sampled' };

onBothDatabases("trace's events", (database) => {
  let trace: TraceService;
  const { logId } = platformKey;

  beforeAll(async () => {
    trace = traceService(database.current());
    await trace.enrol(platformKey.origin, platformKey.publicKey);
    expect((await trace.putBatch('P', batch)).status).toBe(200);
  });

  const close = async (): Promise<number> => {
    const headers = { authorization: `Bearer ${ownerToken}` };
    const response = await trace.request('/api/v1/batches/P/close', { method: 'POST', headers });
    return ((await response.json()) as { index: number }).index;
  };
  /** The chain takes the platform's log as it is; whether for good, the caller says. */
  async function anchor(final: boolean): Promise<number> {
    const head = parseCheckpoint(await (await trace.request(`/logs/${logId}/checkpoint`)).text());
    const signature = logSignature(head, platformKey.publicKey)!.bytes;
    await trace.anchor({ logId, size: () => head.size } as SignedLog, head.root, signature);
    if (final) await database.current().queries.update(anchors).set({ final });
    return head.size;
  }
  const publish = () => publishProven({ database: database.current(), logId, publish: trace.publish }, 7);
  const proven = async () =>
    (await database.current().queries.select().from(outbox))
      .filter(({ type }) => type === 'Batch.Proven')
      .map(({ payload }) => payload);

  test('say that a batch is proven once its summary is under a final anchor, and only once', async () => {
    const first = await close();
    expect(await publish()).toBe(0);
    await anchor(false);
    expect(await publish()).toBe(0);
    const size = await anchor(true);
    const second = await close();
    expect(await publish()).toBe(1);
    expect(await publish()).toBe(0);
    expect(await proven()).toEqual([
      {
        batch_id: 'P',
        record_index: first,
        log_id: logId,
        log_size: size,
        chain_id: 7,
        transaction_hash: expect.stringMatching(/^0x/) as string,
        block_number: expect.any(Number) as number,
      },
    ]);
    await rebuild(database.current(), platformKey.origin);
    expect(await publish()).toBe(0);
    await anchor(true);
    expect(await publish()).toBe(1);
    expect((await proven()).map((payload) => payload['record_index'])).toEqual([first, second]);
  });

  test.skipIf(!has('nats-server'))('reach another program over NATS', async () => {
    const nats = await startNats();
    const logger = newLogger('silent');
    const [own, others] = [
      await natsBus({ servers: nats.url, logger }),
      await natsBus({ servers: nats.url, logger }),
    ];
    const came = new Promise<EventEnvelope>((resolve) => {
      void others.subscribe('shop', ['Batch.Held'], (event) => Promise.resolve(resolve(event)));
    });
    const events = openEvents(database.current(), own, logger);
    const written = await trace.records.statement('hold', { batch: 'P', reason }, 'owner');
    await events.dispatch();
    expect(await came).toMatchObject({
      type: 'Batch.Held',
      version: '1',
      payload: { batch_id: 'P', reason, by: 'owner', record_index: (written as { index: number }).index },
    });
    await own.close();
    await others.close();
    await nats.stop();
  });
});
