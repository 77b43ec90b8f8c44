import { createRoute, z } from '@hono/zod-openapi';
import { type Queries, problem } from '@tianyuan/platform';
import { newApi, refusals } from '../api.ts';
import { batchIdSchema } from '../batches/batch.ts';
import { type BatchRow, findBatch } from '../batches/find-batch.ts';
import { errors } from '../errors.ts';
import type { WithPrincipal } from '../people/principal.ts';
import { readAsOf } from '../records/as-of.ts';
import { noPlatformLog } from '../records/messages-route.ts';
import { uoms } from './amount.ts';
import { epcisDocument } from './epcis-document.ts';
import { readGenealogy } from './read-genealogy.ts';
import { readEvents, readSteps } from './read-steps.ts';

const params = z.object({ batchId: batchIdSchema });
const asOf = z.coerce
  .number()
  .int()
  .min(0)
  .optional()
  .openapi({ description: 'as it stood at this time, Unix ms; now where it is not said' });

const bilingual = z.object({ zh: z.string(), en: z.string() });
const amount = z.object({ quantity: z.int(), uom: z.enum(uoms) });

const graphSchema = z
  .object({
    nodes: z.array(
      z.object({
        lot: z.string(),
        gtin: z.string(),
        number: z.string(),
        batchId: z.string().nullable().openapi({ description: 'null where no owner published it' }),
        product: bilingual.nullable(),
        produced: amount.nullable(),
        isSubject: z.boolean(),
      }),
    ),
    edges: z.array(
      z.object({
        from: z.string(),
        to: z.string(),
        used: amount.openapi({ description: 'of `from`, in this event' }),
        made: amount.openapi({ description: 'of `to`, in this event, of all that went in' }),
        step: z.string().nullable(),
        index: z.int().openapi({ description: "of the record in the platform's log" }),
      }),
    ),
  })
  .openapi('Genealogy');

const genealogyRoute = createRoute({
  method: 'get',
  path: '/api/v1/batches/{batchId}/genealogy',
  tags: ['batches'],
  summary: 'What a batch was made of, and what was made of it',
  request: {
    params,
    query: z.object({ direction: z.enum(['ancestors', 'descendants', 'both']).default('both'), asOf }),
  },
  responses: {
    200: {
      description: 'lots and what flowed between them',
      content: { 'application/json': { schema: graphSchema } },
    },
    ...refusals(errors.unknownBatch, errors.malformedRequest),
  },
});

const stepSchema = z
  .object({
    time: z.int().openapi({ description: 'when it happened, by its own word; Unix ms' }),
    at: z.int().openapi({ description: 'when it was recorded' }),
    index: z.int(),
    type: z.string(),
    action: z.string().nullable(),
    step: z.string().nullable(),
    words: bilingual,
    disposition: z.string().nullable(),
    place: z.string().nullable(),
    from: z.string().nullable(),
    to: z.string().nullable(),
    who: z.string().openapi({ description: 'id of who signed' }),
    lots: z.array(z.object({ lot: z.string(), role: z.string(), amount: amount.nullable() })),
  })
  .openapi('Step');

const stepsRoute = createRoute({
  method: 'get',
  path: '/api/v1/batches/{batchId}/steps',
  tags: ['batches'],
  summary: 'What happened to a batch and to everything it was made of',
  request: { params, query: z.object({ asOf }) },
  responses: {
    200: {
      description: 'in the order in which it happened',
      content: { 'application/json': { schema: z.object({ steps: z.array(stepSchema) }) } },
    },
    ...refusals(errors.unknownBatch, errors.malformedRequest),
  },
});

const epcisRoute = createRoute({
  method: 'get',
  path: '/api/v1/batches/{batchId}/epcis',
  tags: ['batches'],
  summary: 'The same as an EPCIS 2.0 document',
  description: 'JSON-LD that fits the public schema of EPCIS 2.0; docs/epcis.md says which members are used.',
  request: { params, query: z.object({ asOf }) },
  responses: {
    200: {
      description: 'an EPCISDocument',
      content: { 'application/ld+json': { schema: z.record(z.string(), z.unknown()) } },
    },
    ...refusals(errors.unknownBatch, errors.malformedRequest, errors.noPlatformLog),
  },
});

/** A batch that is not published is shown to its owner only. */
async function findShown(queries: Queries, batchId: string, isOwner: boolean): Promise<BatchRow | undefined> {
  const batch = await findBatch(queries, { batchId });
  return batch !== undefined && (batch.published || isOwner) ? batch : undefined;
}

/** @param logId of the platform's log, where there is one */
export function genealogyRoutes(queries: Queries, logId: string | undefined) {
  const api = newApi<{ Variables: WithPrincipal }>();
  const unknown = (batchId: string) => `there is no published batch ${batchId}`;
  const mayAll = (c: { get: (name: 'principal') => WithPrincipal['principal'] }) =>
    c.get('principal')?.isOwner === true;

  api.openapi(genealogyRoute, async (c) => {
    const { batchId } = c.req.valid('param');
    const query = c.req.valid('query');
    const batch = await findShown(queries, batchId, mayAll(c));
    const graph =
      batch && (await readGenealogy(queries, batchId, await readAsOf(queries, query.asOf), query.direction));
    if (graph === undefined) return problem(c, errors.unknownBatch, unknown(batchId)) as never;
    return c.json(graph, 200);
  });
  api.openapi(stepsRoute, async (c) => {
    const { batchId } = c.req.valid('param');
    if ((await findShown(queries, batchId, mayAll(c))) === undefined) {
      return problem(c, errors.unknownBatch, unknown(batchId)) as never;
    }
    const until = await readAsOf(queries, c.req.valid('query').asOf);
    return c.json({ steps: await readSteps(queries, batchId, until) }, 200);
  });
  api.openapi(epcisRoute, async (c) => {
    const { batchId } = c.req.valid('param');
    if ((await findShown(queries, batchId, mayAll(c))) === undefined) {
      return problem(c, errors.unknownBatch, unknown(batchId)) as never;
    }
    if (logId === undefined) return problem(c, errors.noPlatformLog, noPlatformLog) as never;
    const until = await readAsOf(queries, c.req.valid('query').asOf);
    const document = epcisDocument(await readEvents(queries, batchId, until), {
      logId,
      createdAt: Date.now(),
    });
    c.header('content-type', 'application/ld+json');
    return c.body(JSON.stringify(document), 200) as never;
  });
  return api;
}
