import { type Database, openDatabase } from '@tianyuan/platform';
import type { BatchView } from '@tianyuan/trace-api/batches/batch-view.ts';
import { rpcOf } from '@tianyuan/protocol/vectors/sample-chain.ts';
import { migrations } from '@tianyuan/trace-api/open-trace-api.ts';
import type { Lot } from '@tianyuan/verifier/inspect/answers.ts';
import { drawLots } from '@tianyuan/verifier/inspect/inspect.ts';
import { draw } from '@tianyuan/verifier/inspect/rank.ts';
import { traceSource } from '@tianyuan/verifier/inspect/trace-source.ts';
import { carrierUri } from '@tianyuan/trace-api/carriage/carrier.ts';
import { bindings, containmentFacts } from '@tianyuan/trace-api/database/schema.ts';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { onBothDatabases } from './databases.ts';
import { aDay, newDevice } from './signed-log.ts';
import { ownerToken } from './trace-service.ts';
import { type InspectedService, type Lie, codesOf, inspectedService } from './inspected-service.ts';

/** Of each of a lot's two devices. */
const ofEach = 12;
const total = 2 * ofEach;

const isView = (url: URL) => url.pathname.endsWith('/trace');
const isPage = (url: URL, accept: string) => url.pathname.startsWith('/01/') && accept === 'text/html';

/** A server that changes its JSON answers to one kind of question. */
const lieInJson =
  (path: RegExp, change: (body: never) => unknown, wanted = 'application/json'): Lie =>
  async (url, accept, answer) => {
    if (!path.test(url.pathname) || accept !== wanted || !answer.ok) return answer;
    return new Response(JSON.stringify(change((await answer.json()) as never)), {
      headers: { 'content-type': wanted },
    });
  };

const lieInPage =
  (from: RegExp | string, to: string): Lie =>
  async (url, accept, answer) => {
    if (!isPage(url, accept)) return answer;
    const changed = (await answer.text()).replaceAll(from, to);
    return new Response(changed, { headers: { 'content-type': 'text/html; charset=utf-8' } });
  };

async function openWithLots(database: Database): Promise<{ service: InspectedService; lots: Lot[] }> {
  const service = await inspectedService(database, 'inspect');
  const lots: Lot[] = [];
  for (const name of ['a', 'b', 'c']) lots.push(await service.addLot(`lot-${name}`, ofEach));
  await service.anchor();
  return { service, lots };
}

onBothDatabases('an inspection', (database) => {
  let service: InspectedService;
  let lots: Lot[];
  const execute = (query: ReturnType<typeof sql>) => database.current().queries.execute(query);

  beforeAll(async () => {
    ({ service, lots } = await openWithLots(database.current()));
  });

  test('finds nothing in honest lots, every reading proven', async () => {
    const results = await service.inspect(lots);
    expect(results.flatMap(({ misses }) => misses)).toEqual([]);
    expect(results).toMatchObject(lots.map(() => ({ messages: total, readings: 2 * total, pending: 0 })));
  });

  test('takes no offence at what the page says is still on its way to the chain', async () => {
    const late = await inspectedService(database.current(), 'late');
    const lot = await late.addLot('lot-late', 10);
    await late.anchor();
    late.log.append(late.devices[0].sign({ batch: 'lot-late' }));
    await late.trace.upload(late.log, 20, late.log.body(20));
    expect(await late.inspect([lot])).toMatchObject([{ messages: 21, pending: 1, misses: [] }]);
  });

  test('follows a device to the lot through the truck that carried it, and lets be what it measured elsewhere', async () => {
    const bound = await inspectedService(database.current(), 'bound');
    const sensor = newDevice('bound-sensor');
    await bound.enrol(sensor.id, sensor.publicKey);
    const lot = await bound.addLot('lot-bound', 2);
    const [carrier, box] = [
      carrierUri({ kind: 'truck', id: 't9' }),
      `https://id.gs1.org/01/${lot.gtin}/10/${encodeURIComponent(lot.lot)}`,
    ];
    const { queries } = database.current();
    await queries.insert(bindings).values({
      atIndex: 900,
      at: 0,
      by: 'x',
      counts: true,
      device: sensor.id,
      carrier,
      from: aDay,
      until: null,
    });
    const packed = { child: box, parent: carrier, quantity: null, uom: null, at: 0 };
    await queries.insert(containmentFacts).values([
      { ...packed, atIndex: 901, action: 'ADD' as const, eventTime: aDay + 10_000 },
      { ...packed, atIndex: 902, action: 'DELETE' as const, eventTime: aDay + 20_000 },
    ]);
    const from = bound.log.size();
    for (let i = 0; i < 40; i++) {
      const isPosition = i % 5 === 4;
      bound.log.append(
        sensor.sign({
          time: aDay + i * 1_000,
          readings: isPosition
            ? [{ type: 'gps', value: [1, 2] }]
            : [{ type: 'temperature', value: 3_000 + i }],
        }),
      );
    }
    await bound.trace.upload(bound.log, from, bound.log.body(from));
    await bound.anchor();
    expect(await bound.inspect([lot])).toMatchObject([
      { messages: 4 + 8, readings: 8 + 8, withheld: 1, misses: [] },
    ]);
  });

  describe('misses nothing that the database was changed in:', () => {
    /** Changed for as long as the inspection takes. */
    async function found(change: ReturnType<typeof sql>, back: ReturnType<typeof sql>): Promise<string[]> {
      await execute(change);
      try {
        return codesOf(await service.inspect([lots[1]!]));
      } finally {
        await execute(back);
      }
    }

    test('the payload of a reading', async () => {
      // Lot b's first message.
      const put = (from: string, to: string) =>
        sql`update trace.entries set payload = decode(replace(encode(payload, 'escape'), ${from}, ${to}), 'escape')
            where log = (select id from trace.logs where log_id = ${service.log.logId}) and index = ${total}`;
      const codes = await found(
        put('"temperature","value":3000', '"temperature","value":2999'),
        put('"temperature","value":2999', '"temperature","value":3000'),
      );
      expect(codes).toEqual(expect.arrayContaining(['CURVE_DIFFERS', 'PROOF_INVALID', 'READING_CHANGED']));
    });

    test('a reading that is hidden, with its place in the lot', async () => {
      const put = (from: string, to: string) =>
        sql`update trace.shares set indices = ${from}::int8[] || ${to}::int8[]
            where batch_id = 'lot-b' and device = 'inspect-truck' and first_index = ${total}`;
      const all = Array.from({ length: ofEach / 2 }, (_, i) => total + 2 * i);
      const without = all.filter((index) => index !== total + 4);
      const literal = (indices: number[]) => `{${indices.join(',')}}`;
      expect(await found(put(literal(without), '{}'), put(literal(all), '{}'))).toEqual([
        'CURVE_DIFFERS',
        'HIDDEN_READING',
      ]);
    });

    test('readings of another lot', async () => {
      const swap = (a: string, b: string) =>
        sql`update trace.batches set lot = case batch_id when 'lot-b' then ${a} else ${b} end, gtin = case batch_id when 'lot-b' then '06901234567892' else gtin end
            where batch_id in ('lot-b', 'lot-c')`;
      await execute(sql`alter table trace.batches drop constraint batches_gtin_lot_unique`);
      const codes = await found(swap('L/lot-c', 'L/lot-b'), swap('L/lot-b', 'L/lot-c'));
      await execute(sql`alter table trace.batches add constraint batches_gtin_lot_unique unique (gtin, lot)`);
      expect(codes).toContain('LINKSET_DIFFERS');
    });

    test('a log that has another history than the chain', async () => {
      const put = (entry: ReturnType<typeof sql>) =>
        sql`update trace.entries set entry = ${entry}
            where log = (select id from trace.logs where log_id = ${service.log.logId}) and index = 3`;
      const original = Buffer.from(service.log.entries[3]!);
      const forged = Buffer.from(original);
      forged[20]! ^= 1;
      expect(await found(put(sql`${forged}`), put(sql`${original}`))).toContain('PROOF_INVALID');
    });

    test('a log that is known to have signed two histories', async () => {
      const codes = await found(
        sql`insert into trace.evidence (kind, log_id, subject, detail, found_at) values ('FORK', ${service.log.logId}, 'test', '{"stored": "", "received": ""}', 0)`,
        sql`delete from trace.evidence where subject = 'test'`,
      );
      expect(codes).toEqual(['CONTRADICTED']);
    });
  });
});

describe('an inspection', () => {
  let database: Database;
  let service: InspectedService;
  let lots: Lot[];

  beforeAll(async () => {
    database = await openDatabase({ migrations });
    ({ service, lots } = await openWithLots(database));
  });
  afterAll(() => database.close());

  describe('believes no server:', () => {
    const found = async (lie: Lie) => codesOf(await service.inspect([lots[0]!], { lie }));
    const view = (change: (view: BatchView) => void) =>
      found(
        lieInJson(/\/trace$/, (body: BatchView) => {
          change(body);
          return body;
        }),
      );

    test('a curve that was altered', async () => {
      expect(await view(({ curves }) => (curves[0]!.points[3]!.max += 1))).toEqual(['CURVE_DIFFERS']);
      expect(await view(({ curves }) => (curves[0]!.points[3]!.mean -= 1))).toEqual(['CURVE_DIFFERS']);
      expect(await view(({ curves }) => curves[0]!.points.pop())).toContain('CURVE_DIFFERS');
      expect(await view(({ curves }) => (curves[0]!.outside += 1))).toContain('CURVE_DIFFERS');
    });

    test('counts that are not those of the proofs', async () => {
      expect(await view(({ messages }) => (messages.final -= 1))).toContain('COUNT_DIFFERS');
      expect(await view(({ logs }) => (logs[0]!.messages += 1))).toContain('HIDDEN_READING');
    });

    test('an anchor that is not the one', async () => {
      expect(await view(({ anchor }) => (anchor!.transactionHash = `0x${'5'.repeat(64)}`))).toContain(
        'ANCHOR_DIFFERS',
      );
    });

    test.each([
      ['the highest temperature', /\u00a0°C<\/span>/g, '9\u00a0°C</span>'],
      ['the readings of a figure', /aria-label="24 /g, 'aria-label="25 '],
      ['a count of a step', /<span class="count">全部 24 条/g, '<span class="count">全部 23 条'],
      ['the transaction', /<code>0x37/g, '<code>0x38'],
      ['the product', /&lt;甲&gt;|&amp; co/g, '乙'],
      ['when it was harvested', /datetime="2026-11-18/g, 'datetime="2026-11-19'],
      ['the colour of the verdict', 'class="verdict warn"', 'class="verdict good"'],
    ])('a page with another value: %s', async (_, from, to) => {
      expect(await found(lieInPage(from, to))).toEqual(['PAGE_DIFFERS']);
    });

    test('a description or a linkset of something else', async () => {
      const jsonLd = lieInJson(
        /^\/01\//,
        (body: { additionalProperty: object[] }) => ({
          ...body,
          additionalProperty: body.additionalProperty.map((one) => ({ ...one, maxValue: 1 })),
        }),
        'application/ld+json',
      );
      expect(await found(jsonLd)).toEqual(['JSON_LD_DIFFERS']);
      const linkset = lieInJson(
        /^\/01\//,
        (body: object) => JSON.parse(JSON.stringify(body).replaceAll('batches/lot-a', 'batches/lot-b')),
        'application/linkset+json',
      );
      expect(await found(linkset)).toContain('LINKSET_DIFFERS');
    });

    test('a list of messages with one withheld, one left out, one of another lot', async () => {
      const list = (change: (messages: { payload: string | null }[]) => void) =>
        found(
          lieInJson(/\/messages$/, (body: { messages: { payload: string | null }[] }) => {
            change(body.messages);
            return body;
          }),
        );
      expect(await list((messages) => (messages[5]!.payload = null))).toContain('HIDDEN_READING');
      expect(await list((messages) => messages.splice(5, 1))).toContain('HIDDEN_READING');
      const other = Buffer.from(service.log.payloads[total]!).toString('base64');
      expect(await list((messages) => (messages[5]!.payload = other))).toContain('NOT_OF_LOT');
    });

    test('a log that was forked in its tiles', async () => {
      const forked: Lie = async (url, _, answer) => {
        if (!url.pathname.includes('/tile/entries/')) return answer;
        const bytes = new Uint8Array(await answer.arrayBuffer());
        bytes[20]! ^= 1; // of another lot: this one's own bundles hold
        return new Response(bytes);
      };
      expect(codesOf(await service.inspect([lots[2]!], { lie: forked }))).toEqual(['LOG_FORKED']);
    });

    test('an anchor in another contract', async () => {
      const bundle = lieInJson(/\/proof$/, (body: { anchor: object }) => ({
        ...body,
        anchor: { ...body.anchor, contract: `0x${'ee'.repeat(20)}` },
      }));
      expect(await found(bundle)).toContain('PROOF_INVALID');
    });

    test('a page that is not there', async () => {
      expect(
        await found((url, accept, answer) =>
          isPage(url, accept) ? new Response('gone', { status: 404 }) : answer,
        ),
      ).toEqual(['UNREACHABLE']);
    });

    test('a lot on hold that is shown as one that may be sold', async () => {
      const held = lots[1]!;
      const post = (path: string, body: object) =>
        service.trace.request(`/api/v1/batches/${held.batchId}/${path}`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', authorization: `Bearer ${ownerToken}` },
          body: JSON.stringify(body),
        });
      const reason = { zh: '等待复检', en: 'waiting for a second test' };
      expect((await post('holds', { reason })).status).toBe(201);
      const of = async (lie?: Lie) =>
        codesOf(await service.inspect([held], lie === undefined ? {} : { lie }));
      expect(await of()).toEqual([]);
      expect(await of(lieInPage('class="verdict warn"', 'class="verdict calm"'))).toContain('STATUS_HIDDEN');
      expect(await of(lieInPage(/等待复检/g, '新鲜'))).toEqual(['STATUS_HIDDEN']);
      const sellable = (body: BatchView) => ({ ...body, status: { ...body.status, status: 'sellable' } });
      expect(await of(lieInJson(/\/trace$/, sellable))).toEqual(['STATUS_HIDDEN']);
      expect((await post('releases', { reason })).status).toBe(201);
    });

    test('answers that never settle', async () => {
      let n = 0;
      const restless: Lie = async (url, _, answer) => {
        if (!isView(url)) return answer;
        const body = (await answer.json()) as BatchView;
        return Response.json({ ...body, flagged: { DUPLICATE: (n += 1) } });
      };
      expect(await found(restless)).toEqual(['UNSETTLED']);
    });
  });

  test('asks the chain itself whether a key still counts', async () => {
    const { chain, devices, log } = service;
    const publicKey = Buffer.from(devices[1].publicKey).toString('hex');
    // From the lot's last message on: no sample would have to hit it.
    const revocations = new Map([[`${publicKey}/${log.origin}`, total - 1]]);
    const rpc = rpcOf({ ...chain, revocations });
    expect(codesOf(await service.inspect([lots[0]!], { rpc }))).toEqual(['PROOF_INVALID']);
  });

  test('says what it could not check where there is no node to ask', async () => {
    const rpc = () => Promise.reject(new Error('no node'));
    expect(codesOf(await service.inspect([lots[0]!], { rpc }))).toContain('PROOF_INCOMPLETE');
  });

  test('draws by the seed and by nothing else', async () => {
    const source = traceSource('http://trace.test', new AbortController().signal, (url, init) =>
      service.trace.request(url.replace('http://trace.test', ''), init),
    );
    const first = await drawLots(source, 'published', 'seed', 2);
    expect(first).toEqual(await drawLots(source, 'published', 'seed', 2));
    expect(first.lots).toHaveLength(2);
    const names = Array.from({ length: 50 }, (_, i) => `lot ${i}`);
    const drawn = draw('1', names, 10, (name) => name);
    expect(draw('1', names.toReversed(), 10, (name) => name)).toEqual(drawn);
    expect(draw('2', names, 10, (name) => name)).not.toEqual(drawn);
  });
});
