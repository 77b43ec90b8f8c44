import { createRoute, z } from '@hono/zod-openapi';
import { type Queries, problem } from '@tianyuan/platform';
import { newApi, refusals } from '../api.ts';
import { batchIdSchema, batchSchema } from '../batches/batch.ts';
import { type BatchRow, findBatch } from '../batches/find-batch.ts';
import { findEntry } from '../catalogue/read-catalogue.ts';
import { whenSchema } from '../batches/when.ts';
import { errors } from '../errors.ts';
import { type WithPrincipal, requirePrincipal } from '../people/principal.ts';
import { readAsOf } from '../records/as-of.ts';
import { describeWritten, noPlatformLog, writtenSchema } from '../records/messages-route.ts';
import type { Records } from '../records/open-records.ts';
import { isRefusal } from '../records/recorded.ts';
import { closeBatch } from './close-batch.ts';
import { findTraceId, readTraceRecords } from './read-trace-records.ts';

const params = z.object({ batchId: batchIdSchema });

const closeRoute = createRoute({
  method: 'post',
  path: '/api/v1/batches/{batchId}/close',
  tags: ['batches'],
  summary: 'Log what a batch is now, by the hash of its summary',
  description: 'As often as there is something new to sum up; the next anchor puts the hash on the chain.',
  security: [{ ownerToken: [] }],
  request: { params },
  responses: {
    201: { description: 'recorded', content: { 'application/json': { schema: writtenSchema } } },
    ...refusals(errors.unknownBatch, errors.loginNeeded, errors.notAllowed, errors.noPlatformLog),
  },
});

const recordSchema = z
  .object({
    trace_id: z.string(),
    batch_id: z.string(),
    block_hash: z.string().nullable(),
    transaction_hash: z.string().nullable(),
    block_number: z.int().nullable(),
    transaction_index: z.int().nullable().openapi({ description: 'known once the anchor is final' }),
    trace_data: z.looseObject({ hash: z.string(), logId: z.string(), index: z.int() }),
    verification_status: z.enum(['pending', 'verified', 'failed']),
    verified_at: z.iso.datetime().nullable(),
    created_at: z.iso.datetime(),
  })
  .openapi('TraceRecord');

const traceRecordsRoute = createRoute({
  method: 'get',
  path: '/api/v1/batches/{batchId}/trace-records',
  tags: ['batches'],
  summary: "A batch's closes and the transactions that anchored them",
  description:
    'The fields of `blockchain_trace_records`. Verified when it is asked: the summary is made again and its hash compared, ' +
    'and an anchor on the chain covers its record.',
  request: { params, query: whenSchema },
  responses: {
    200: {
      description: 'youngest first',
      content: { 'application/json': { schema: z.object({ records: z.array(recordSchema) }) } },
    },
    ...refusals(errors.unknownBatch, errors.malformedRequest, errors.noPlatformLog),
  },
});

const batchRoute = createRoute({
  method: 'get',
  path: '/api/v1/batches/{batchId}',
  tags: ['batches'],
  summary: 'What its owner says of a batch',
  request: {
    params,
    query: whenSchema,
  },
  responses: {
    200: {
      description: 'as the last record about it says',
      content: {
        'application/json': {
          schema: batchSchema.extend({
            batchId: z.string(),
            index: z.int().openapi({ description: "of that record in the platform's log" }),
            at: z.int().openapi({ description: 'when it was recorded, Unix ms' }),
            createdAt: z.int().nullable(),
            ownTraceRecordId: z
              .string()
              .nullable()
              .openapi({ description: 'of its last close: `trace_id` of /trace-records' }),
          }),
        },
      },
    },
    ...refusals(errors.unknownBatch, errors.malformedRequest, errors.noPlatformLog),
  },
});

export function closingRoutes(queries: Queries, records: Records | undefined) {
  const api = newApi<{ Variables: WithPrincipal }>();
  /** A batch that is not published is shown to its owner only. */
  async function findShown(batchId: string, isOwner: boolean | undefined): Promise<BatchRow | undefined> {
    const batch = await findBatch(queries, { batchId });
    return batch?.published || isOwner ? batch : undefined;
  }
  const unknown = (batchId: string) => `there is no published batch ${batchId}`;

  api.on('POST', closeRoute.getRoutingPath(), requirePrincipal());
  api.openapi(closeRoute, async (c) => {
    const { batchId } = c.req.valid('param');
    if (records === undefined) return problem(c, errors.noPlatformLog, noPlatformLog) as never;
    const batch = await findBatch(queries, { batchId });
    if (batch === undefined) return problem(c, errors.unknownBatch, `there is no batch ${batchId}`) as never;
    const written = await closeBatch(queries, records, batch, c.get('principal')!.id);
    if (isRefusal(written)) return problem(c, written.kind, written.detail) as never;
    return c.json(describeWritten(records, written), 201);
  });
  api.openapi(traceRecordsRoute, async (c) => {
    const { batchId } = c.req.valid('param');
    if (records === undefined) return problem(c, errors.noPlatformLog, noPlatformLog) as never;
    if ((await findShown(batchId, c.get('principal')?.isOwner)) === undefined) {
      return problem(c, errors.unknownBatch, unknown(batchId)) as never;
    }
    const asOf = await readAsOf(queries, c.req.valid('query').asOf);
    const found = await readTraceRecords(queries, records.logId, batchId, { asOf, now: Date.now() });
    return c.json({ records: found }, 200);
  });
  api.openapi(batchRoute, async (c) => {
    const { batchId } = c.req.valid('param');
    if (records === undefined) return problem(c, errors.noPlatformLog, noPlatformLog) as never;
    const batch = await findShown(batchId, c.get('principal')?.isOwner);
    const asOf = await readAsOf(queries, c.req.valid('query').asOf);
    const said = batch && (await findEntry(queries, 'batch', batchId, asOf));
    if (said === undefined) return problem(c, errors.unknownBatch, unknown(batchId)) as never;
    const ownTraceRecordId = (await findTraceId(queries, records.logId, batchId, asOf)) ?? null;
    const { body, index, at } = said;
    return c.json({ ...body, index, at, createdAt: batch!.createdAt, ownTraceRecordId }, 200);
  });
  return api;
}
