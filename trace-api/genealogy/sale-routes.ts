import { createRoute, z } from '@hono/zod-openapi';
import { type Queries, problem } from '@tianyuan/platform';
import type { Context } from 'hono';
import { newApi, refusals } from '../api.ts';
import { batchIdSchema } from '../batches/batch.ts';
import { findBatch } from '../batches/find-batch.ts';
import { errors } from '../errors.ts';
import { type WithPrincipal, requirePrincipal } from '../people/principal.ts';
import { now } from '../records/as-of.ts';
import { describeWritten, noPlatformLog, writtenSchema } from '../records/messages-route.ts';
import type { Records } from '../records/open-records.ts';
import { isRefusal } from '../records/recorded.ts';
import { uoms } from './amount.ts';
import { orderNoSchema, readUnit } from './sale.ts';
import { lotUri } from './thing.ts';

const saleSchema = z
  .strictObject({
    orderNo: orderNoSchema,
    quantity: z.int().min(1),
    uom: z.enum(uoms).optional().openapi({ description: 'the unit of the batch where it is not said' }),
  })
  .openapi('Sale', { example: { orderNo: '202509060001', quantity: 5000, uom: 'GRM' } });

type SaleRequest = z.infer<typeof saleSchema>;

const request = {
  params: z.object({ batchId: batchIdSchema }),
  body: { required: true, content: { 'application/json': { schema: saleSchema } } },
};
const responses = {
  201: { description: 'recorded', content: { 'application/json': { schema: writtenSchema } } },
  ...refusals(
    errors.unknownBatch,
    errors.malformedRequest,
    errors.oversold,
    errors.notForSale,
    errors.unitMismatch,
    errors.notAllowed,
    errors.loginNeeded,
    errors.noPlatformLog,
  ),
};

const saleRoute = createRoute({
  method: 'post',
  path: '/api/v1/batches/{batchId}/sales',
  tags: ['batches'],
  summary: 'Say that an order took a quantity of a batch',
  description:
    'By the owner or somebody with a role to sell. Refused with 409 where there is not as much left, so that what is sold never ' +
    "exceeds the batch's `totalQty`; orders at the same moment queue.",
  security: [{ ownerToken: [] }],
  request,
  responses,
});

const returnRoute = createRoute({
  method: 'post',
  path: '/api/v1/batches/{batchId}/sale-returns',
  tags: ['batches'],
  summary: 'Say that an order gave a quantity of a batch back',
  security: [{ ownerToken: [] }],
  request,
  responses,
});

export function saleRoutes(queries: Queries, records: Records | undefined) {
  const api = newApi<{ Variables: WithPrincipal }>();
  async function say(
    c: Context<{ Variables: WithPrincipal }>,
    name: 'sale' | 'sale-return',
    batchId: string,
    { orderNo, quantity, uom }: SaleRequest,
  ) {
    if (records === undefined) return problem(c, errors.noPlatformLog, noPlatformLog) as never;
    const batch = await findBatch(queries, { batchId });
    if (batch === undefined) return problem(c, errors.unknownBatch, `there is no batch ${batchId}`) as never;
    const unit = uom ?? (await readUnit(queries, batch, now)) ?? 'H87';
    const body = { orderNo, batchId, lot: lotUri(batch), quantity, uom: unit };
    const answer = await records.statement(name, body, c.get('principal')!.id);
    if (isRefusal(answer)) return problem(c, answer.kind, answer.detail) as never;
    return c.json(describeWritten(records, answer), 201);
  }
  api.on('POST', [saleRoute.getRoutingPath(), returnRoute.getRoutingPath()], requirePrincipal());
  api.openapi(saleRoute, (c) => say(c, 'sale', c.req.valid('param').batchId, c.req.valid('json')));
  api.openapi(returnRoute, (c) => say(c, 'sale-return', c.req.valid('param').batchId, c.req.valid('json')));
  return api;
}
