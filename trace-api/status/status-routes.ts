import { createRoute, z } from '@hono/zod-openapi';
import { type Database, problem } from '@tianyuan/platform';
import type { Context } from 'hono';
import { newApi, refusals } from '../api.ts';
import { batchIdSchema } from '../batches/batch.ts';
import { findBatch } from '../batches/find-batch.ts';
import { readWhen, whenSchema } from '../batches/when.ts';
import { errors } from '../errors.ts';
import { hasRole } from '../people/authorize.ts';
import { type Principal, type WithPrincipal, requirePrincipal } from '../people/principal.ts';
import { describeWritten, noPlatformLog, writtenSchema } from '../records/messages-route.ts';
import type { Records } from '../records/open-records.ts';
import { isRefusal } from '../records/recorded.ts';
import { readStatus } from './read-status.ts';
import { recallBatch } from './recall-batch.ts';
import {
  holdBody,
  mostInAnswer,
  recallBody,
  recalledSchema,
  releaseBody,
  statusSchema,
} from './status-schema.ts';

const json = <T extends z.ZodType>(schema: T) => ({ content: { 'application/json': { schema } } });
const params = z.object({ batchId: batchIdSchema });

const readRoute = createRoute({
  method: 'get',
  path: '/api/v1/batches/{batchId}/status',
  tags: ['batches'],
  summary: 'Whether a batch may be sold, and why not',
  description:
    'By its own holds, recalls and last day, and by the holds and recalls of every batch that it was made of.',
  security: [{}, { ownerToken: [] }],
  request: {
    params,
    query: whenSchema,
  },
  responses: {
    200: { description: 'the status', ...json(statusSchema) },
    ...refusals(errors.unknownBatch, errors.malformedRequest),
  },
});

const common = [
  errors.malformedRequest,
  errors.loginNeeded,
  errors.roleMissing,
  errors.unknownBatch,
  errors.noPlatformLog,
] as const;
const written = { 201: { description: 'recorded', ...json(writtenSchema) } };

function writeRoute<Body extends z.ZodType, Path extends string>(path: Path, summary: string, schema: Body) {
  return {
    method: 'post' as const,
    path: `/api/v1/batches/{batchId}/${path}` as const,
    tags: ['batches'],
    summary,
    security: [{ ownerToken: [] }],
    request: { params, body: { required: true as const, ...json(schema) } },
  };
}

const holdRoute = createRoute({
  ...writeRoute('holds', 'Stop the sale of a batch until somebody has looked', holdBody),
  responses: { ...written, ...refusals(...common) },
});

const releaseRoute = createRoute({
  ...writeRoute('releases', 'End a hold, or all holds of a batch', releaseBody),
  responses: { ...written, ...refusals(...common, errors.nothingStands) },
});

const recallRoute = createRoute({
  ...writeRoute('recall', 'Recall a batch and all that was made of it', recallBody),
  description:
    'Finds every descendant batch, its holder and the orders that bought of it, keeps that list under its hash, marks them all ' +
    'from this record on, and publishes Batch.Recalled for each.',
  responses: {
    201: { description: 'recalled', ...json(recalledSchema) },
    ...refusals(...common, errors.alreadyRecalled),
  },
});

const liftRoute = createRoute({
  ...writeRoute('recall-lift', 'Lift a recall that named the wrong batch', holdBody),
  responses: { ...written, ...refusals(...common, errors.nothingStands) },
});

export function statusRoutes(database: Database, records: Records | undefined) {
  const { queries } = database;
  const api = newApi<{ Variables: WithPrincipal }>();
  for (const route of [holdRoute, releaseRoute, recallRoute, liftRoute]) {
    api.on('POST', route.getRoutingPath(), requirePrincipal());
  }

  async function say(c: Context<{ Variables: WithPrincipal }>, name: string, body: object) {
    if (records === undefined) return problem(c, errors.noPlatformLog, noPlatformLog) as never;
    const answer = await records.statement(name, body, c.get('principal')!.id);
    if (isRefusal(answer)) return problem(c, answer.kind, answer.detail) as never;
    return c.json(describeWritten(records, answer), 201);
  }

  api.openapi(readRoute, async (c) => {
    const { batchId } = c.req.valid('param');
    const when = await readWhen(queries, c.req.valid('query').asOf);
    if (!(await maySee(database, batchId, c.get('principal')))) {
      return problem(c, errors.unknownBatch, `there is no published batch ${batchId}`) as never;
    }
    const status = await readStatus(queries, batchId, when.asOf, when.timeMs);
    return c.json(status, 200, { 'cache-control': 'no-store' });
  });
  api.openapi(holdRoute, (c) =>
    say(c, 'hold', { batch: c.req.valid('param').batchId, ...c.req.valid('json') }),
  );
  api.openapi(releaseRoute, (c) =>
    say(c, 'release', { batch: c.req.valid('param').batchId, ...c.req.valid('json') }),
  );
  api.openapi(liftRoute, (c) =>
    say(c, 'recall-lifted', { batch: c.req.valid('param').batchId, ...c.req.valid('json') }),
  );
  api.openapi(recallRoute, async (c) => {
    if (records === undefined) return problem(c, errors.noPlatformLog, noPlatformLog) as never;
    const recall = { batch: c.req.valid('param').batchId, ...c.req.valid('json') };
    const answer = await recallBatch({ database, records }, recall, c.get('principal')!.id);
    if (isRefusal(answer)) return problem(c, answer.kind, answer.detail) as never;
    const { evidence, reach } = answer;
    const lots = reach.lots.slice(0, mostInAnswer);
    const holders = reach.holders.slice(0, mostInAnswer);
    return c.json({ ...describeWritten(records, answer.written), evidence, lots, holders }, 201);
  });
  return api;
}

/** A batch that is not published is for its owner, and for those who hold a role over it. */
async function maySee(
  { queries }: Database,
  batchId: string,
  principal: Principal | undefined,
): Promise<boolean> {
  const batch = await findBatch(queries, { batchId });
  if (batch === undefined) return false;
  if (batch.published || principal?.isOwner) return true;
  return (
    principal !== undefined && hasRole(queries, principal.id, { kind: 'batch', id: batchId }, Date.now())
  );
}
