import { createRoute, z } from '@hono/zod-openapi';
import { type Queries, problem } from '@tianyuan/platform';
import { newApi, refusals } from '../api.ts';
import { batchIdSchema } from '../batches/batch.ts';
import type { BatchRow } from '../batches/find-batch.ts';
import { findBatchThen } from '../batches/find-batch-then.ts';
import { readScope } from '../batches/read-scope.ts';
import { type When, readWhen, whenSchema } from '../batches/when.ts';
import { errors } from '../errors.ts';
import type { IsOwner } from '../owner-token.ts';
import { listLots, lotStates } from './list-lots.ts';
import { listElsewhere, listMessages } from './list-messages.ts';

const lotsAPage = 500;
const messagesAPage = 200; // of 16 KiB at most: some 4 MB of base64

const lotsRoute = createRoute({
  method: 'get',
  path: '/api/v1/lots',
  tags: ['inspection'],
  summary: 'The lots that can be inspected',
  description: `From these an inspector draws. At most ${lotsAPage} a page; \`next\` is the cursor of the page after it.`,
  request: {
    query: z.object({
      state: z
        .enum(lotStates)
        .default('published')
        .openapi({ description: 'of published lots: those that were sold, or shipped, or either, or all' }),
      cursor: batchIdSchema.optional(),
    }),
  },
  responses: {
    200: {
      description: 'lots in the order of their batch ids',
      content: {
        'application/json': {
          schema: z.object({
            lots: z.array(z.object({ gtin: z.string(), lot: z.string(), batchId: z.string() })),
            next: z.string().nullable(),
          }),
        },
      },
    },
    ...refusals(errors.malformedRequest),
  },
});

const messagesRoute = createRoute({
  method: 'get',
  path: '/api/v1/batches/{batchId}/messages',
  tags: ['inspection'],
  summary: 'The messages that a batch is made of',
  description:
    "Every verified message of the batch's devices, as it was signed, with its place in its log: whoever has them recomputes " +
    `what the page shows. At most ${messagesAPage} a page; \`next\` is the cursor of the page after it.`,
  security: [{}, { ownerToken: [] }],
  request: {
    params: z.object({ batchId: batchIdSchema }),
    query: whenSchema.extend({
      cursor: z
        .string()
        .regex(/^[0-9a-f]{64}:[0-9]{1,15}$/)
        .optional()
        .openapi({ description: '`{logId}:{index}` of the last message of the page before' }),
    }),
  },
  responses: {
    200: {
      description: 'messages in the order of their logs and indices',
      content: {
        'application/json': {
          schema: z.object({
            messages: z.array(
              z.object({
                logId: z.string(),
                index: z.int(),
                flag: z.string().nullable(),
                payload: z
                  .string()
                  .nullable()
                  .openapi({ description: 'base64 of the signed bytes; null where they are not kept' }),
              }),
            ),
            next: z.string().nullable(),
          }),
        },
      },
    },
    ...refusals(errors.unknownBatch, errors.malformedRequest),
  },
});

const elsewhereRoute = createRoute({
  method: 'get',
  path: '/api/v1/batches/{batchId}/messages/elsewhere',
  tags: ['inspection'],
  summary: "Messages of a batch's devices that are none of the batch's",
  description:
    "A device counts its messages. These lie between two of the batch's in a device's counting and explain the holes there: positions, " +
    'readings for other batches. Their proofs have their payloads where those are public. At most 10,000.',
  security: [{}, { ownerToken: [] }],
  request: { params: z.object({ batchId: batchIdSchema }), query: whenSchema },
  responses: {
    200: {
      description: 'in the order of their logs and indices',
      content: {
        'application/json': {
          schema: z.object({
            messages: z.array(
              z.object({
                logId: z.string(),
                index: z.int(),
                subject: z.string().openapi({ description: "SHA-256 of the device's id" }),
                key: z.int(),
                boot: z.int(),
                seq: z.int(),
              }),
            ),
          }),
        },
      },
    },
    ...refusals(errors.unknownBatch, errors.malformedRequest),
  },
});

/** What an inspector reads besides the pages and the proofs. */
export function inspectionRoutes(queries: Queries, isOwner: IsOwner) {
  const api = newApi();
  api.openapi(lotsRoute, async (c) => {
    const { state, cursor = '' } = c.req.valid('query');
    const lots = await listLots(queries, state, cursor, lotsAPage);
    return c.json({ lots, next: lots.length < lotsAPage ? null : lots.at(-1)!.batchId }, 200);
  });
  async function findVisible(
    batchId: string,
    when: When,
    authorization: string | undefined,
  ): Promise<BatchRow | undefined> {
    const batch = await findBatchThen(queries, batchId, when);
    return batch?.published || isOwner(authorization) ? batch : undefined;
  }
  api.openapi(messagesRoute, async (c) => {
    const { batchId } = c.req.valid('param');
    const { cursor, asOf } = c.req.valid('query');
    const when = await readWhen(queries, asOf);
    const batch = await findVisible(batchId, when, c.req.header('authorization'));
    if (batch === undefined) return problem(c, errors.unknownBatch, unknownBatch(batchId)) as never;
    const [logId, index] = cursor?.split(':') ?? [];
    const after = logId === undefined ? undefined : { logId, index: Number(index) };
    const scope = await readScope(queries, batch, when);
    const messages = await listMessages(queries, scope, after, messagesAPage);
    const last = messages.length < messagesAPage ? undefined : messages.at(-1)!;
    return c.json({ messages, next: last === undefined ? null : `${last.logId}:${last.index}` }, 200);
  });
  api.openapi(elsewhereRoute, async (c) => {
    const { batchId } = c.req.valid('param');
    const when = await readWhen(queries, c.req.valid('query').asOf);
    const batch = await findVisible(batchId, when, c.req.header('authorization'));
    if (batch === undefined) return problem(c, errors.unknownBatch, unknownBatch(batchId)) as never;
    const scope = await readScope(queries, batch, when);
    return c.json({ messages: await listElsewhere(queries, scope) }, 200);
  });
  return api;
}

const unknownBatch = (batchId: string) => `there is no published batch ${batchId}`;
