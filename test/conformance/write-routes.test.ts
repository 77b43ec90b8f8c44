import { randomUUID } from 'node:crypto';
import { type Database, openDatabase } from '@tianyuan/platform';
import { auditLines } from '@tianyuan/trace-api/database/schema.ts';
import { errors } from '@tianyuan/trace-api/errors.ts';
import { migrations } from '@tianyuan/trace-api/open-trace-api.ts';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ownerToken, traceService } from '../trace/trace-service.ts';

let database: Database;
let app: ReturnType<typeof traceService>['app'];

beforeAll(async () => {
  database = await openDatabase({ migrations });
  app = traceService(database).app;
});
afterAll(() => database.close());

/** What the service writes by, as its own router has it: a route that is added tomorrow is here, too. */
function writeRoutes(): string[] {
  const routes = app.routes
    .filter(({ method, path }) => ['POST', 'PUT', 'DELETE', 'PATCH'].includes(method) && !path.includes('*'))
    .map(({ method, path }) => `${method} ${path}`);
  return [...new Set(routes)].toSorted();
}

/** Whose door is open without a login: what is signed says itself who it is from, and the rest writes nothing of anybody's. */
const open = [
  'POST /api/v1/chain/rpc',
  'POST /api/v1/logs/:logId/entries',
  'POST /api/v1/logs/:logId/live',
  'POST /api/v1/messages',
  'POST /api/v1/sessions',
  'POST /api/v1/sessions/challenge',
];

const codes = new Set(Object.values(errors).map(({ code }) => code));
const example: Record<string, string> = {
  logId: '0'.repeat(64),
  gtin: '06901234567892',
  uscc: '91110000600037341L',
};

const ask = (route: string, init: { headers?: Record<string, string>; body?: string } = {}) => {
  const [method, path] = route.split(' ') as [string, string];
  const filled = path.replaceAll(
    /:(\w+)(\{[^}]*\})?/g,
    (_, name: string) => example[name] ?? 'nothing-of-this-name',
  );
  return Promise.resolve(app.request(filled, { method, ...init }));
};
const json = { 'content-type': 'application/json' };
const asOwner = { ...json, authorization: `Bearer ${ownerToken}` };

describe('every route that writes', () => {
  test('refuses whoever has not said who they are, but for those that are open', async () => {
    const answers = await Promise.all(
      writeRoutes().map(
        async (route) => [route, (await ask(route, { headers: json, body: '{}' })).status] as const,
      ),
    );
    expect(answers.flatMap(([route, status]) => (status === 401 || status === 403 ? [] : [route]))).toEqual(
      open,
    );
  });

  test.each([
    ['nothing', undefined],
    ['no JSON', '{'],
    ['another JSON', '[1, {"a": null}]'],
    ['empty', '{}'],
    ['unknown members', '{"no-such-member": 1}'],
  ])('answers a body that is %s with a problem of the list, and never fails', async (_, body) => {
    for (const route of writeRoutes()) {
      const response = await ask(route, { headers: asOwner, ...(body !== undefined && { body }) });
      if (response.status < 300) continue; // what takes no body, or what {} is enough for
      expect(response.status, `${route}: ${response.status}`).toBeLessThan(500);
      expect(response.headers.get('content-type'), route).toContain('application/problem+json');
      const problem = (await response.json()) as { code: number; status: number };
      expect(codes, `${route}: ${problem.code}`).toContain(problem.code);
      expect(problem.status).toBe(response.status);
    }
  });

  test('answers the same again under one idempotency key', async () => {
    for (const [i, route] of writeRoutes().entries()) {
      const headers = { ...asOwner, 'x-idempotency-key': `conformance-${i}` };
      const first = await ask(route, { headers, body: '{"no-such-member": 1}' });
      const again = await ask(route, { headers, body: '{"no-such-member": 1}' });
      expect([again.status, await again.text()], route).toEqual([first.status, await first.text()]);
    }
  });

  test('leaves a line in the audit, but for a question to the chain', async () => {
    for (const route of writeRoutes()) {
      const requestId = randomUUID();
      await ask(route, { headers: { ...asOwner, 'x-request-id': requestId }, body: '{}' });
      const lines = await database.queries
        .select({ who: auditLines.who, method: auditLines.method })
        .from(auditLines)
        .where(eq(auditLines.requestId, requestId));
      const expected =
        route === 'POST /api/v1/chain/rpc' ? [] : [{ who: 'owner', method: route.split(' ')[0] }];
      expect(lines, route).toEqual(expected);
    }
  });
});
