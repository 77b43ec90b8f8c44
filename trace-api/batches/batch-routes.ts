import { createRoute, z } from '@hono/zod-openapi';
import { type Database, problem } from '@tianyuan/platform';
import { newApi, refusals } from '../api.ts';
import { errors } from '../errors.ts';
import type { IsOwner } from '../owner-token.ts';
import type { WithPrincipal } from '../people/principal.ts';
import type { Records } from '../records/open-records.ts';
import { isRefusal } from '../records/recorded.ts';
import { batchIdSchema, batchSchema } from './batch.ts';
import { batchViewSchema } from './batch-view-schema.ts';
import { findBatchThen } from './find-batch-then.ts';
import { putBatch } from './put-batch.ts';
import { viewBatch } from './view-batch.ts';
import { readWhen, whenSchema } from './when.ts';

const putRoute = createRoute({
  method: 'put',
  path: '/api/v1/batches/{batchId}',
  tags: ['batches'],
  summary: 'Say what a batch is',
  description:
    'Creates or replaces it, as a record of the platform where it has a log. A reading belongs to it when its message verified, names it, and comes from one of its devices.',
  security: [{ ownerToken: [] }],
  request: {
    params: z.object({ batchId: batchIdSchema }),
    body: { required: true, content: { 'application/json': { schema: batchSchema } } },
  },
  responses: {
    200: { description: 'stored, as it reads now', content: { 'application/json': { schema: batchSchema } } },
    ...refusals(
      errors.malformedRequest,
      errors.notAuthenticated,
      errors.notAllowed,
      errors.lotTaken,
      errors.unknownProduct,
      errors.overOutput,
      errors.unitMismatch,
    ),
  },
});

const traceRoute = createRoute({
  method: 'get',
  path: '/api/v1/batches/{batchId}/trace',
  tags: ['batches'],
  summary: 'Everything that is known of a batch',
  description: 'A batch that is not published is shown to its owner only.',
  security: [{}, { ownerToken: [] }],
  request: { params: z.object({ batchId: batchIdSchema }), query: whenSchema },
  responses: {
    200: { description: 'what the page shows', content: { 'application/json': { schema: batchViewSchema } } },
    ...refusals(errors.unknownBatch, errors.malformedRequest),
  },
});

/** @param records the platform's own log, in which what is said of a batch is kept where there is one */
export function batchRoutes(database: Database, isOwner: IsOwner, records: Records | undefined) {
  const { queries } = database;
  const api = newApi<{ Variables: WithPrincipal }>();
  // Before the body is even looked at.
  api.on('PUT', putRoute.getRoutingPath(), async (c, next) => {
    const authorization = c.req.header('authorization');
    // Whether a person may, the record's projection knows.
    if (isOwner(authorization) || (c.get('principal') && records)) return next();
    if (authorization !== undefined) return problem(c, errors.notAllowed, "this is not the owner's token");
    c.header('www-authenticate', 'Bearer');
    return problem(c, errors.notAuthenticated, "send the owner's token as Authorization: Bearer …");
  });
  api.openapi(putRoute, async (c) => {
    const { batchId } = c.req.valid('param');
    const batch = c.req.valid('json');
    if (records !== undefined) {
      const written = await records.statement('batch', { batchId, ...batch }, c.get('principal')!.id);
      if (isRefusal(written)) return problem(c, written.kind, written.detail) as never;
      return c.json(batch, 200);
    }
    const answer = await putBatch(database, batchId, batch);
    if ('refused' in answer) {
      const detail = `lot ${batch.lot} of GTIN ${batch.gtin} is batch ${answer.owner}; give this batch another lot, or change that one`;
      return problem(c, errors.lotTaken, detail) as never;
    }
    return c.json(batch, 200);
  });
  api.openapi(traceRoute, async (c) => {
    const { batchId } = c.req.valid('param');
    const when = await readWhen(queries, c.req.valid('query').asOf);
    const batch = await findBatchThen(queries, batchId, when);
    if (batch === undefined || !(batch.published || isOwner(c.req.header('authorization')))) {
      return problem(c, errors.unknownBatch, `there is no published batch ${batchId}`) as never;
    }
    return c.json(await viewBatch(queries, batch, records?.logId, when), 200);
  });
  return api;
}
