import { createRoute, z } from '@hono/zod-openapi';
import { type Queries, problem } from '@tianyuan/platform';
import { newApi, refusals } from '../api.ts';
import { whenSchema } from '../batches/when.ts';
import { errors } from '../errors.ts';
import { logIdSchema } from '../ingest/upload.ts';
import { describeLog } from './describe-log.ts';
import { findLog } from './find-log.ts';

const route = createRoute({
  method: 'get',
  path: '/api/v1/logs/{logId}',
  tags: ['logs'],
  summary: 'How far a log got',
  request: { params: z.object({ logId: logIdSchema }), query: whenSchema },
  responses: {
    200: {
      description:
        'its mirrored size and root, the sizes that are anchored and final, and what was found in it',
      content: {
        'application/json': {
          schema: z.object({
            logId: z.string(),
            origin: z.string().openapi({ example: 'gw-7.farm-3.example' }),
            size: z.int(),
            root: z.string(),
            anchoredSize: z.int(),
            finalSize: z.int(),
            live: z
              .object({ size: z.int(), root: z.string() })
              .nullable()
              .openapi({ description: 'the newest head that was shown ahead of a backfill' }),
            messages: z.int(),
            verified: z.int(),
            flagged: z.record(z.string(), z.int()).openapi({ example: { BAD_SIGNATURE: 2 } }),
            contradictions: z
              .array(
                z.object({
                  kind: z.enum(['FORK', 'ANCHOR_MISMATCH', 'ANCHOR_SIGNATURE']),
                  foundAt: z.int(),
                  checkpoints: z.array(z.string()),
                  transactionHash: z.string().nullable(),
                  blockNumber: z.int().nullable(),
                }),
              )
              .openapi({
                description:
                  'the log against itself, newest first, at most 20: the signed checkpoints of both histories, and where one of them is on the chain',
              }),
            contradictedAnchors: z
              .int()
              .openapi({ description: 'anchors on the chain that are not of the mirrored history' }),
            closed: z
              .object({ size: z.int(), successor: z.string().nullable() })
              .nullable()
              .openapi({ description: 'the log takes no more; `size` is what it had anchored' }),
            continues: z
              .object({
                logId: z.string(),
                origin: z.string(),
                size: z.int(),
                root: z.string(),
                confirmed: z.boolean(),
              })
              .nullable()
              .openapi({
                description:
                  'the log that this one says it carries on for; `confirmed` where the chain says the same',
              }),
          }),
        },
      },
    },
    ...refusals(errors.unknownLog, errors.malformedRequest),
  },
});

export function logRoute(queries: Queries) {
  const api = newApi();
  api.openapi(route, async (c) => {
    const { logId } = c.req.valid('param');
    const log = await findLog(queries, logId);
    if (log === undefined) {
      return problem(c, errors.unknownLog, `no entry of log ${logId} is mirrored here`) as never;
    }
    return c.json(await describeLog(queries, log, c.req.valid('query').asOf), 200);
  });
  return api;
}
