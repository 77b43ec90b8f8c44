import {
  type ProofBundle,
  type SaltedField,
  commitmentOf,
  encodeBase64,
  encodeBase64url,
  logSignature,
  loginInput,
  parseCheckpoint,
} from '@tianyuan/protocol';
import { bindings, idempotency, personalData, sessions } from '@tianyuan/trace-api/database/schema.ts';
import { handOverEvent, harvestEvent } from '@tianyuan/trace-api/desk/desk-events.ts';
import { containersOf } from '@tianyuan/trace-api/people/read-roles.ts';
import { rebuild } from '@tianyuan/trace-api/records/rebuild.ts';
import { refuteDisclosed } from '@tianyuan/protocol/bundle/check-disclosed.ts';
import { decodeBundle } from '@tianyuan/protocol/bundle/decode-bundle.ts';
import { farm as farmUri, harvest } from '@tianyuan/trace-api/genealogy/fixture/events.ts';
import { beforeAll, describe, expect, test } from 'vitest';
import { onBothDatabases } from './databases.ts';
import { type TraceService, ownerToken, platformKey, traceService } from './trace-service.ts';
import { type Person, newPerson } from './person.ts';
import type { SignedLog } from './signed-log.ts';

const farm = '91110000600037341L';
const shop = '91110108551385082Q';
const names = { zh: '蒲江果园', en: 'Pujiang Orchard' };
const from = 1_000;

type Answer = {
  status: number;
  code: number;
  detail: string;
  index: number;
  commitments: string[];
  token: string;
  fields?: { name: string; value: unknown; salt: string }[];
  roles: { index: number; role: string; until?: number }[];
};

onBothDatabases('people', (database) => {
  let trace: TraceService;
  let farmer: Person;
  let admin: Person;
  let inspector: Person;
  let stranger: Person;

  async function call(method: string, path: string, body?: unknown, token?: string): Promise<Answer> {
    const response = await trace.request(path, {
      method,
      headers: {
        'content-type': 'application/json',
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return { ...((await response.json()) as Answer), status: response.status };
  }
  const owner = (method: string, path: string, body?: unknown) => call(method, path, body, ownerToken);
  async function logIn(person: Person, change: object = {}): Promise<Answer> {
    const { challenge, site } = (await call('POST', '/api/v1/sessions/challenge', {
      person: person.id,
    })) as unknown as { challenge: string; site: string };
    const login = { challenge, key: 1, person: person.id, site };
    const signature = encodeBase64url(person.sign(loginInput(login)));
    return call('POST', '/api/v1/sessions', { ...login, signature, ...change });
  }
  const note = (person: Person, organisation: string, fields: object = {}, token = ownerToken) =>
    call('PUT', `/api/v1/people/${person.id}`, { organisation, fields }, token);
  const tokenOf = async (person: Person) => (await logIn(person)).token;

  beforeAll(async () => {
    trace = traceService(database.current());
    await trace.enrol(platformKey.origin, platformKey.publicKey);
    [farmer, admin, inspector, stranger] = ['li-wei', 'wang-fang', 'chen-yu', 'nobody'].map(newPerson) as [
      Person,
      Person,
      Person,
      Person,
    ];
    for (const { id, publicKey } of [farmer, admin, inspector, stranger]) await trace.enrol(id, publicKey);
    for (const uscc of [farm, shop]) {
      const answer = await owner('PUT', `/api/v1/organisations/${uscc}`, { name: names, kind: 'farm' });
      expect(answer.status).toBe(200);
    }
    await note(farmer, farm, { name: '李伟', mobile: '13800000000' });
    await note(admin, farm);
    await note(inspector, shop);
    for (const [person, role] of [
      ['wang-fang', 'admin'],
      ['chen-yu', 'inspector'],
    ]) {
      const scope = { kind: 'organisation', id: farm };
      expect((await owner('POST', '/api/v1/roles', { person, role, scope, from })).status).toBe(201);
    }
  });

  describe('a login', () => {
    test('is a signature of an enrolled key, and its token is not in the database', async () => {
      const { status, token } = await logIn(farmer);
      expect(status).toBe(200);
      const rows = await database.current().queries.select().from(sessions);
      expect(JSON.stringify(rows)).not.toContain(token);
      expect((await call('GET', '/api/v1/people/li-wei', undefined, token)).fields).toHaveLength(2);
    });

    test.each<[string, (person: Person) => Promise<Answer>]>([
      ['by another person’s key', () => logIn(farmer, { signature: 'A'.repeat(86) })],
      ['with another number of the key', (person) => logIn(person, { key: 2 })],
      ['for another site', (person) => logIn(person, { site: 'https://elsewhere.example' })],
      ['with a challenge of one’s own', (person) => logIn(person, { challenge: 'c'.repeat(43) })],
      ['by a key that is nobody’s noted person', () => logIn(stranger)],
    ])('%s is refused', async (_, attempt) => {
      expect(await attempt(farmer)).toMatchObject({ status: 401, code: 4034 });
    });

    test('takes its challenge once, and for the person whose it is', async () => {
      const { challenge, site } = (await call('POST', '/api/v1/sessions/challenge', {
        person: 'li-wei',
      })) as unknown as { challenge: string; site: string };
      const login = { challenge, key: 1, person: 'li-wei', site };
      const body = { ...login, signature: encodeBase64url(farmer.sign(loginInput(login))) };
      const stolen = { ...login, person: 'wang-fang' };
      const theft = { ...stolen, signature: encodeBase64url(admin.sign(loginInput(stolen))) };
      expect((await call('POST', '/api/v1/sessions', theft)).status).toBe(401);
      const both = await Promise.all([0, 1].map(() => call('POST', '/api/v1/sessions', body)));
      expect(both.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 401]);
    });

    test('ends where it is ended, and all of a person’s at once', async () => {
      const [one, two, three] = [await tokenOf(farmer), await tokenOf(farmer), await tokenOf(farmer)];
      expect(await call('DELETE', '/api/v1/sessions', undefined, one)).toMatchObject({ ended: 1 });
      expect(await call('DELETE', '/api/v1/sessions', undefined, one)).toMatchObject({ code: 4036 });
      await call('DELETE', '/api/v1/sessions?all=true', undefined, two);
      expect(await call('DELETE', '/api/v1/sessions', undefined, three)).toMatchObject({ code: 4036 });
    });

    test('ends with the key that opened it', async () => {
      const lost = newPerson('zhang-san');
      await trace.enrol(lost.id, lost.publicKey);
      await note(lost, farm);
      const token = await tokenOf(lost);
      await trace.revoke(lost.id, lost.publicKey);
      expect(await call('DELETE', '/api/v1/sessions', undefined, token)).toMatchObject({ code: 4036 });
      expect(await logIn(lost)).toMatchObject({ code: 4034 });
    });

    test('is not tried without end', async () => {
      const own = traceService(database.current());
      const attempts = await Promise.all(
        Array.from({ length: 70 }, () =>
          own.request('/api/v1/sessions/challenge', {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: '{"person":"li-wei"}',
          }),
        ),
      );
      const refused = attempts.filter(({ status }) => status === 429);
      expect(refused).toHaveLength(10);
      expect(refused[0]!.headers.get('retry-after')).toMatch(/^\d+$/);
    });
  });

  describe('what the log says of people', () => {
    const plot = { kind: 'plot', id: 'N-7' };

    test.each<[string, () => Promise<Answer>, object]>([
      ['by a stranger', () => call('POST', '/api/v1/roles', {}), { status: 401, code: 4036 }],
      [
        'of a person who is not noted',
        () => owner('POST', '/api/v1/roles', { person: 'x', role: 'farmer', scope: plot, from }),
        { status: 404, code: 4030, detail: 'person: nobody is noted as x' },
      ],
      [
        'of an organisation that is not noted',
        () => note(stranger, '91350200776049653A'),
        { status: 404, code: 4031 },
      ],
      [
        'of a code that is none',
        () => note(stranger, '91110000600037342L'),
        { status: 400, code: 4014, detail: expect.stringContaining('organisation: ') as string },
      ],
      [
        'of an end to nothing',
        () => owner('DELETE', '/api/v1/roles/999'),
        { status: 404, code: 4032, detail: 'role: record 999 gave nobody a role' },
      ],
    ])('%s is refused', async (_, attempt, wanted) => {
      expect(await attempt()).toMatchObject(wanted);
    });

    test('is an admin’s word within the organisation, and no further', async () => {
      const token = await tokenOf(admin);
      const grant = (role: string, scope: object) =>
        call('POST', '/api/v1/roles', { person: 'li-wei', role, scope, from }, token);
      expect(await grant('farmer', plot)).toMatchObject({ status: 403, code: 4033 });
      const to = { kind: 'organisation', id: farm };
      const belongs = await call('POST', '/api/v1/belongings', { thing: plot, to, from }, token);
      expect(belongs.status).toBe(201);
      const given = await grant('farmer', plot);
      expect(given.status).toBe(201);
      expect(await grant('inspector', plot)).toMatchObject({ code: 4033 });
      expect(await grant('farmer', { kind: 'organisation', id: shop })).toMatchObject({ code: 4033 });
      expect(await note(inspector, farm, {}, token)).toMatchObject({ code: 4033 });
      const taken = { thing: plot, to: { kind: 'organisation', id: shop }, from };
      expect(await call('POST', '/api/v1/belongings', taken, await tokenOf(farmer))).toMatchObject({
        code: 4033,
      });

      const held = (await call('GET', '/api/v1/people/li-wei')).roles;
      expect(held).toMatchObject([{ index: given.index, role: 'farmer', scope: plot }]);
      const ended = await call('DELETE', `/api/v1/roles/${given.index}?until=5000`, undefined, token);
      expect(ended.status).toBe(201);
      expect((await call('GET', '/api/v1/people/li-wei')).roles).toMatchObject([{ until: 5000 }]);
    });

    test('is the same after a rebuild', async () => {
      const all = async () => [
        await call('GET', '/api/v1/people/li-wei'),
        await call('GET', `/api/v1/organisations/${farm}`),
      ];
      const before = await all();
      await rebuild(database.current(), platformKey.origin);
      expect(await all()).toEqual(before);
    });

    test('is as it stood on a date', async () => {
      expect((await call('GET', '/api/v1/people/li-wei?asOf=1')).status).toBe(404);
    });
  });

  describe('what belongs to whom', () => {
    const batch = { kind: 'batch', id: 'reach-1' } as const;
    const gtin = '06901234567892';
    const amount = { gtin, lot: 'REACH-1', grams: 5_000 };
    const carrier = '91350200776049653A';
    const may = async (uscc: string) => {
      const organisation = { kind: 'organisation' as const, id: uscc };
      const reached = await containersOf(
        database.current().queries,
        batch,
        Date.now() + 60_000,
        Number.MAX_SAFE_INTEGER,
      );
      return reached.some(({ kind, id }) => kind === organisation.kind && id === uscc);
    };
    const say = async (event: object, person: Person) => {
      const payload = new Uint8Array(person.message({ event } as never));
      const response = await trace.request('/api/v1/messages', { method: 'POST', body: payload });
      expect(response.status, await response.clone().text()).toBe(201);
    };

    test('follows from the catalogue and from hand-overs: the grower, and who has it now', async () => {
      await owner('PUT', `/api/v1/organisations/${carrier}`, { name: names, kind: 'carrier' });
      const place = { zh: '寿安镇', en: 'Shou’an' };
      const plot = { organisation: farm, name: place, place, area: 2_000 };
      expect((await owner('PUT', '/api/v1/plots/R-1', plot)).status).toBe(201);
      const declared = {
        gtin,
        lot: amount.lot,
        product: names,
        origin: place,
        limits: [],
        devices: [],
        published: false,
        farmPlotId: 'R-1',
      };
      expect((await owner('PUT', `/api/v1/batches/${batch.id}`, declared)).status).toBe(200);
      expect(await may(farm)).toBe(true);
      expect(await may(shop)).toBe(false);

      await owner('POST', '/api/v1/roles', {
        person: 'li-wei',
        role: 'farmer',
        scope: { kind: 'organisation', id: farm },
        from,
      });
      await owner('POST', '/api/v1/roles', {
        person: 'chen-yu',
        role: 'carrier',
        scope: { kind: 'organisation', id: carrier },
        from,
      });
      await say(harvestEvent(amount, 'R-1', 1_790_000_000_000), farmer);
      await say(handOverEvent(amount, { from: farm, to: carrier }, 1_790_000_000_000), farmer);
      expect([await may(farm), await may(carrier), await may(shop)]).toEqual([true, true, false]);
      await say(handOverEvent(amount, { from: carrier, to: shop }, 1_790_000_000_000), inspector);
      expect([await may(farm), await may(carrier), await may(shop)]).toEqual([true, false, true]);

      await rebuild(database.current(), platformKey.origin);
      expect([await may(farm), await may(carrier), await may(shop)]).toEqual([true, false, true]);
    });

    test('is not the owner’s word, whatever key is enrolled under that name', async () => {
      const impostor = newPerson('owner');
      await trace.enrol('owner', impostor.publicKey);
      const binding = { device: 'th-9', from: 1, to: { kind: 'truck' as const, id: 'T-9' } };
      await trace.request('/api/v1/messages', {
        method: 'POST',
        body: new Uint8Array(impostor.message({ binding })),
      });
      const kept = await database.current().queries.select().from(bindings);
      expect(kept.filter(({ device }) => device === 'th-9')).toMatchObject([{ counts: false }]);
      const event = harvestEvent({ ...amount, lot: 'OWNER' }, 'R-1', 1_790_000_000_000);
      const answer = await trace.request('/api/v1/messages', {
        method: 'POST',
        body: new Uint8Array(impostor.message({ event })),
      });
      expect(answer.status).toBe(403);
    });
  });

  describe('personal data', () => {
    test('is opened to the person, the owner, the admin and an inspector, and to nobody else', async () => {
      const seen = async (token?: string) =>
        (await call('GET', '/api/v1/people/li-wei', undefined, token)).fields?.map(({ name }) => name);
      const all = ['mobile', 'name'];
      for (const person of [farmer, admin, inspector]) expect(await seen(await tokenOf(person))).toEqual(all);
      expect(await seen(ownerToken)).toEqual(all);
      expect(await seen()).toBeUndefined();
      const other = newPerson('zhao-lei');
      await trace.enrol(other.id, other.publicKey);
      await note(other, farm);
      expect(await seen(await tokenOf(other))).toBeUndefined();
    });

    test('keeps its salts while it stays the same, and hashes what it opens', async () => {
      const again = await note(farmer, farm, { name: '李伟', mobile: '13800000001' });
      const { fields = [] } = await owner('GET', '/api/v1/people/li-wei');
      const hashes = fields.map(({ salt, ...rest }) =>
        commitmentOf({ ...rest, salt: new Uint8Array(Buffer.from(salt, 'base64')) }),
      );
      expect(hashes.toSorted()).toEqual(again.commitments);
      const third = await note(farmer, farm, { name: '李伟', mobile: '13800000001' });
      expect(third.commitments).toEqual(again.commitments);
    });

    test('that a message commits to is in its bundle for those who may see it, and gone once it is erased', async () => {
      const fields: SaltedField[] = [
        { name: 'picker', value: '李伟', salt: new Uint8Array(16).fill(1) },
        { name: 'village', value: '寿安镇', salt: new Uint8Array(16).fill(2) },
      ];
      const kept = await call(
        'POST',
        '/api/v1/people/li-wei/fields',
        { fields: fields.map((field) => ({ ...field, salt: encodeBase64(field.salt) })) },
        await tokenOf(farmer),
      );
      const scope = { kind: 'organisation', id: farm };
      await owner('POST', '/api/v1/roles', { person: 'li-wei', role: 'farmer', scope, from });
      const commitments = fields.map(commitmentOf).toSorted();
      expect(kept).toMatchObject({ status: 200, commitments });
      const { index } = (await (
        await trace.request('/api/v1/messages', {
          method: 'POST',
          body: new Uint8Array(
            farmer.message({ event: harvest({ A: 1_000 }, { bizLocation: { id: farmUri } }), commitments }),
          ),
        })
      ).json()) as Answer;
      await anchorPlatform(trace);
      const bundle = async (token?: string) =>
        (await call(
          'GET',
          `/api/v1/logs/${platformKey.logId}/entries/${index}/proof`,
          undefined,
          token,
        )) as unknown as ProofBundle;

      const opened = await bundle(await tokenOf(inspector));
      expect(opened.disclosed?.map(({ value }) => value)).toEqual(['李伟', '寿安镇']);
      expect(refuteDisclosed(decodeBundle(opened) as never)).toBeUndefined();
      expect((await bundle()).disclosed).toBeUndefined();
      expect((await bundle()).payload).toBeUndefined();

      const erased = await call(
        'DELETE',
        '/api/v1/people/li-wei/personal-data',
        undefined,
        await tokenOf(farmer),
      );
      expect(erased).toMatchObject({ status: 200, erased: 5 });
      expect(await database.current().queries.select().from(personalData)).toEqual([]);
      const after = await bundle(await tokenOf(inspector));
      expect(after.disclosed).toBeUndefined();
      expect(after).toMatchObject({ payload: opened.payload, tlogProof: opened.tlogProof });
      expect((await owner('GET', '/api/v1/people/li-wei')).commitments).toHaveLength(2);
      await rebuild(database.current(), platformKey.origin);
      expect((await owner('GET', '/api/v1/people/li-wei')).fields).toEqual([]);
    });

    test('is not in what is remembered of calls either, once it is erased', async () => {
      const kim = newPerson('kim-min');
      const init = {
        method: 'PUT',
        headers: {
          'content-type': 'application/json',
          'x-idempotency-key': 'k-1',
          authorization: `Bearer ${ownerToken}`,
        },
        body: JSON.stringify({ organisation: farm, fields: { name: '金' } }),
      };
      const path = `/api/v1/people/${kim.id}`;
      const first = await trace.request(path, init);
      const again = await trace.request(path, init);
      expect(again.headers.get('idempotency-replayed')).toBe('true');
      expect(await again.json()).toEqual(await first.json());
      const headers = { ...init.headers, authorization: `Bearer ${await tokenOf(farmer)}` };
      const other = await trace.request(path, { ...init, headers });
      expect(other.status).toBe(403); // another's answer is not told to who knows the key
      const remembered = async () =>
        (await database.current().queries.select().from(idempotency)).filter(({ scope }) =>
          scope.includes(path),
        );
      expect(await remembered()).toHaveLength(1);
      await owner('DELETE', `${path}/personal-data`);
      expect(await remembered()).toEqual([]);
    });

    test('is erased by nobody else', async () => {
      const token = await tokenOf(inspector);
      const refused = await call('DELETE', '/api/v1/people/li-wei/personal-data', undefined, token);
      expect(refused).toMatchObject({ status: 403, code: 4033 });
    });
  });
});

async function anchorPlatform(trace: TraceService): Promise<void> {
  const note = await (await trace.request(`/logs/${platformKey.logId}/checkpoint`)).text();
  const { size, root, ...rest } = parseCheckpoint(note);
  const { bytes } = logSignature({ size, root, ...rest }, platformKey.publicKey)!;
  const log = { logId: platformKey.logId, size: () => size } as SignedLog;
  await trace.anchor(log, root, bytes);
}
