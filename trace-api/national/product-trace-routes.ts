import { createRoute, z } from '@hono/zod-openapi';
import { type Queries, problem } from '@tianyuan/platform';
import { newApi, refusals } from '../api.ts';
import { batchIdSchema } from '../batches/batch.ts';
import { batchViewSchema } from '../batches/batch-view-schema.ts';
import { findBatchThen } from '../batches/find-batch-then.ts';
import { viewBatch } from '../batches/view-batch.ts';
import { readWhen, whenSchema } from '../batches/when.ts';
import { errors } from '../errors.ts';
import { findProductBatch } from './find-product-batch.ts';
import { productTraceSchema } from './product-trace-schema.ts';
import { viewProductTrace } from './view-product-trace.ts';

const traceRoute = createRoute({
  method: 'get',
  path: '/api/v1/products/{id}/trace',
  tags: ['products'],
  summary: "A product's trace, merged with what the national platform says",
  description:
    'With `v=2` own trace, national record and transaction, each with its verification state and time, and field by field who ' +
    'said what. With `v=1` the trace of the batch, as `/api/v1/batches/{batchId}/trace` has it. Nothing here waits for the national ' +
    'platform: what is shown is what was last heard, `cached` where it is not of now.',
  request: {
    params: z.object({
      id: z
        .string()
        .min(1)
        .max(64)
        .openapi({ description: 'a product, or its GTIN', example: '06901234567892' }),
    }),
    query: whenSchema.extend({
      v: z.enum(['1', '2']).default('1').openapi({ description: 'version of the answer' }),
      batch: batchIdSchema.optional(),
      lot: z
        .string()
        .min(1)
        .max(20)
        .optional()
        .openapi({ description: 'without it and `batch`, the newest batch' }),
    }),
  },
  responses: {
    200: {
      description: 'by `v`',
      content: { 'application/json': { schema: z.union([productTraceSchema, batchViewSchema]) } },
    },
    ...refusals(errors.noProductBatch, errors.malformedRequest),
  },
});

/**
 * @param platformLogId the platform's own log, where it has one
 * @param want asks for a refresh in the background; nobody waits for it
 */
export function productTraceRoutes(
  queries: Queries,
  platformLogId: string | undefined,
  want: (batchId: string) => void,
) {
  const api = newApi();
  api.openapi(traceRoute, async (c) => {
    const { id } = c.req.valid('param');
    const { v, asOf, ...choice } = c.req.valid('query');
    const when = await readWhen(queries, asOf);
    const chosen = await findProductBatch(queries, id, choice);
    const batch = chosen && (await findBatchThen(queries, chosen.batchId, when));
    if (batch === undefined) {
      const detail = `there is no published batch${choice.batch === undefined ? '' : ` ${choice.batch}`} of product ${id}${choice.lot === undefined ? '' : ` with lot ${choice.lot}`}`;
      return problem(c, errors.noProductBatch, detail) as never;
    }
    if (v === '1') return c.json(await viewBatch(queries, batch, platformLogId, when), 200);
    const trace = await viewProductTrace(queries, id, batch, { platformLogId, when });
    if (trace.national.state !== 'live') want(batch.batchId);
    return c.json(trace, 200);
  });
  return api;
}
