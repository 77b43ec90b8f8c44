import { sql } from 'drizzle-orm';
import { beforeAll, expect, test } from 'vitest';
import { onBothDatabases } from './databases.ts';
import { type TraceService, ownerToken, platformKey, traceService } from './trace-service.ts';

const reason = { zh: '抽检', en: 'sampled' };

onBothDatabases('a write under an idempotency key', (database) => {
  /** Two processes of one service, as far as the database can tell. */
  let services: TraceService[];
  const execute = (query: ReturnType<typeof sql>) => database.current().queries.execute(query);

  beforeAll(async () => {
    services = [traceService(database.current()), traceService(database.current())];
    await services[0]!.enrol(platformKey.origin, platformKey.publicKey);
    await services[0]!.putBatch('B', {
      gtin: '06901234567892',
      lot: 'B',
      product: { zh: '脐橙', en: 'navel oranges' },
      origin: { zh: '安远', en: 'Anyuan' },
      limits: [],
      devices: [],
      published: true,
    });
  });

  async function hold(key: string, service = services[0]!, text = reason) {
    const response = await service.request('/api/v1/batches/B/holds', {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${ownerToken}`,
        'x-idempotency-key': key,
      },
      body: JSON.stringify({ reason: text }),
    });
    const body = (await response.json()) as { index?: number; code?: number; detail?: string };
    return { ...body, status: response.status, replayed: response.headers.has('idempotency-replayed') };
  }
  async function holds(): Promise<number> {
    const { rows } = (await execute(sql`select count(*)::int as count from trace.status_facts`)) as {
      rows: { count: number }[];
    };
    return rows[0]!.count;
  }

  test('is done once where many ask at once, and all hear the same', async () => {
    const before = await holds();
    const answers = await Promise.all(Array.from({ length: 8 }, (_, i) => hold('at-once', services[i % 2])));
    expect(await holds()).toBe(before + 1);
    expect(new Set(answers.map(({ status, index }) => `${status} ${index}`))).toEqual(
      new Set([`201 ${answers[0]!.index}`]),
    );
    expect(answers.filter(({ replayed }) => replayed)).toHaveLength(7);
  });

  test('is refused with another body, also while the first is being done', async () => {
    const [one, other] = await Promise.all([
      hold('two-bodies'),
      hold('two-bodies', services[1], { zh: '别的', en: 'another' }),
    ]);
    expect(new Set([one.status, other.status])).toEqual(new Set([201, 422]));
  });

  test('can be tried again after a refusal', async () => {
    expect(await hold('refused', services[0], { zh: '', en: '' })).toMatchObject({ code: 4014 });
    expect(await hold('refused')).toMatchObject({ status: 201, replayed: false });
  });

  test('is not done again where the answer was lost after it was written', async () => {
    const before = await holds();
    await execute(sql`create function trace.lose_answer() returns trigger language plpgsql
      as $$ begin raise exception 'the process is killed here'; end $$`);
    await execute(sql`create trigger lose_answer before update of status on trace.idempotency
      for each row execute function trace.lose_answer()`);
    try {
      expect(await hold('killed')).toMatchObject({ status: 500 });
    } finally {
      await execute(sql`drop trigger lose_answer on trace.idempotency`);
    }
    const again = await hold('killed', services[1]);
    expect(again).toMatchObject({ status: 409, code: 4009, detail: expect.stringMatching(/as record \d+/) });
    expect(await holds()).toBe(before + 1);
  });

  test('is done by the next attempt where whoever began it died before it wrote', async () => {
    const before = await holds();
    const { index } = await hold('died-early');
    // As it was before the answer: nothing written under the key, and nobody heard of for a minute and more.
    const asBegun = sql`update trace.idempotency set status = 0, written = null, body = ''`;
    await execute(sql`${asBegun} where key = 'died-early'`);
    await execute(sql`update trace.idempotency set created_at = created_at - 61000 where key = 'died-early'`);
    const answers = await Promise.all([hold('died-early'), hold('died-early', services[1])]);
    expect(await holds()).toBe(before + 2);
    expect(answers[0].index).toBe(answers[1].index);
    expect(answers[0].index).not.toBe(index);
  });
});
