import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ask, logIn } from '@tianyuan/launcher/person/ask-service.ts';
import { type PersonKey, makePersonKey } from '@tianyuan/launcher/person/person-key.ts';
import { signAsPerson, signRotation } from '@tianyuan/launcher/person/sign-as-person.ts';
import { type Database, openDatabase } from '@tianyuan/platform';
import { type HttpServer, serve } from '@tianyuan/platform/http/server.ts';
import { sampleReport } from '@tianyuan/protocol/vectors/sample-bodies.ts';
import { migrations } from '@tianyuan/trace-api/open-trace-api.ts';
import getPort from 'get-port';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ownerToken, platformKey, traceService } from './trace-service.ts';

const uscc = '91110000600037341L';
const home = mkdtempSync(join(tmpdir(), 'tianyuan-person-'));
let database: Database;
let server: HttpServer;
let trace: ReturnType<typeof traceService>;
let key: PersonKey;

beforeAll(async () => {
  const port = await getPort({ host: '127.0.0.1' });
  database = await openDatabase({ migrations });
  // As npm start has it: printed on boxes is the address in the farm's own network.
  trace = traceService(database, `http://192.0.2.7:${port}`);
  server = await serve({ fetch: trace.app.fetch, host: '127.0.0.1', port });
  key = await makePersonKey(join(home, 'key'), { person: 'li-wei', key: 1 }, undefined);
  await trace.enrol(platformKey.origin, platformKey.publicKey);
  await trace.enrol('li-wei', key.publicKey);
  const put = (path: string, body: object) => ask(server.url, 'PUT', path, JSON.stringify(body), ownerToken);
  await put(`/api/v1/organisations/${uscc}`, { name: { zh: '农场', en: 'Farm' }, kind: 'farm' });
  await put('/api/v1/people/li-wei', { organisation: uscc });
  const role = { person: 'li-wei', role: 'operator', from: 0, scope: { kind: 'organisation', id: uscc } };
  await ask(server.url, 'POST', '/api/v1/roles', JSON.stringify(role), ownerToken);
});
afterAll(async () => {
  await server?.close();
  await database?.close();
  rmSync(home, { recursive: true, force: true });
});

test('a key file logs in, and what it signs is recorded', async () => {
  const { token, expiresAt } = await logIn(server.url, key);
  expect(expiresAt).toBeGreaterThan(Date.now());
  expect(token).toMatch(/^[A-Za-z0-9_-]{43}$/);
  const report = { report: { ...sampleReport, issuer: uscc } };
  const payload = signAsPerson(join(home, 'key'), key, report);
  expect(await ask(server.url, 'POST', '/api/v1/messages', payload)).toMatchObject({ state: 'logged' });
});

test('nothing is signed for a site that hands on another’s challenge', async () => {
  const other = await serve({
    fetch: () => Response.json({ challenge: 'c'.repeat(43), site: 'https://trace.example' }),
    host: '127.0.0.1',
    port: 0,
  });
  await expect(logIn(other.url, key)).rejects.toThrow(/asks for a signature for https:\/\/trace\.example/);
  await other.close();
});

test('a refusal is told in the service’s words', async () => {
  const stranger = await makePersonKey(join(home, 'stranger'), { person: 'nobody', key: 1 }, undefined);
  await expect(logIn(server.url, stranger)).rejects.toThrow(/no session for nobody/);
});

test('the key after a rotation logs in where it is enrolled, and the one before not once it is revoked', async () => {
  const fresh = await makePersonKey(join(home, 'fresh'), { person: 'li-wei', key: 2 }, undefined);
  const { payload } = signRotation(join(home, 'key'), key, fresh);
  expect(await ask(server.url, 'POST', '/api/v1/messages', payload)).toMatchObject({ state: 'logged' });
  await expect(logIn(server.url, fresh)).rejects.toThrow(/no enrolled key 2/);
  await trace.enrol('li-wei', fresh.publicKey, 2);
  await trace.revoke('li-wei', key.publicKey);
  expect((await logIn(server.url, fresh)).token).toBeDefined();
  await expect(logIn(server.url, key)).rejects.toThrow(/no enrolled key 1/);
});
