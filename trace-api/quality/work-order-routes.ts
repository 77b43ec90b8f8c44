import { createRoute, z } from '@hono/zod-openapi';
import { type Queries, problem } from '@tianyuan/platform';
import { newApi, refusals } from '../api.ts';
import { batchIdSchema } from '../batches/batch.ts';
import { errors } from '../errors.ts';
import { authorize } from '../people/authorize.ts';
import { type WithPrincipal, requirePrincipal } from '../people/principal.ts';
import { describeWritten, noPlatformLog, writtenSchema } from '../records/messages-route.ts';
import type { Records } from '../records/open-records.ts';
import { isRefusal } from '../records/recorded.ts';
import { readWorkOrders } from './read-work-orders.ts';

const json = <T extends z.ZodType>(schema: T) => ({ content: { 'application/json': { schema } } });
const mostAtOnce = 100;

const workOrderSchema = z
  .object({
    index: z.int(),
    at: z.int(),
    batchId: z.string(),
    checkIndex: z.int(),
    score: z.int(),
    threshold: z.int(),
    done: z.object({ index: z.int(), at: z.int(), by: z.string(), note: z.string() }).nullable(),
  })
  .openapi('WorkOrder');

const listRoute = createRoute({
  method: 'get',
  path: '/api/v1/work-orders',
  tags: ['quality'],
  summary: 'Work that low scores ask for',
  description:
    'Newest first, 100 at most; `before` an index goes on. Of one batch for its people, of all for the owner.',
  security: [{ ownerToken: [] }],
  request: {
    query: z.object({
      batch: batchIdSchema.optional(),
      state: z.enum(['open', 'all']).default('open'),
      before: z.coerce.number().int().min(0).optional(),
    }),
  },
  responses: {
    200: { description: 'work orders', ...json(z.object({ workOrders: z.array(workOrderSchema) })) },
    ...refusals(errors.malformedRequest, errors.loginNeeded, errors.roleMissing),
  },
});

const doneRoute = createRoute({
  method: 'post',
  path: '/api/v1/work-orders/{index}/done',
  tags: ['quality'],
  summary: 'Say what came of a work order',
  security: [{ ownerToken: [] }],
  request: {
    params: z.object({ index: z.coerce.number().int().min(0).openapi({ example: 17 }) }),
    body: { required: true, ...json(z.strictObject({ note: z.string().trim().min(1).max(500) })) },
  },
  responses: {
    201: { description: 'recorded', ...json(writtenSchema) },
    ...refusals(
      errors.malformedRequest,
      errors.loginNeeded,
      errors.roleMissing,
      errors.nothingOpen,
      errors.noPlatformLog,
    ),
  },
});

export function workOrderRoutes(queries: Queries, records: Records | undefined) {
  const api = newApi<{ Variables: WithPrincipal }>();
  api.on('GET', listRoute.getRoutingPath(), requirePrincipal());
  api.on('POST', doneRoute.getRoutingPath(), requirePrincipal());
  api.openapi(listRoute, async (c) => {
    const { batch, state, before } = c.req.valid('query');
    const principal = c.get('principal')!;
    const may =
      principal.isOwner ||
      (batch !== undefined &&
        (await authorize(queries, principal, 'handle-case', { kind: 'batch', id: batch }, Date.now())));
    if (!may) {
      const detail = `${principal.id} sees the work orders of batches that it may handle cases of: name one with ?batch=`;
      return problem(c, errors.roleMissing, detail) as never;
    }
    const filter = { batchId: batch, openOnly: state === 'open', before, limit: mostAtOnce };
    return c.json({ workOrders: await readWorkOrders(queries, filter) }, 200);
  });
  api.openapi(doneRoute, async (c) => {
    if (records === undefined) return problem(c, errors.noPlatformLog, noPlatformLog) as never;
    const body = { order: c.req.valid('param').index, ...c.req.valid('json') };
    const answer = await records.statement('work-order-done', body, c.get('principal')!.id);
    if (isRefusal(answer)) return problem(c, answer.kind, answer.detail) as never;
    return c.json(describeWritten(records, answer), 201);
  });
  return api;
}
