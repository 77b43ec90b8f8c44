import { type RouteConfig, createRoute, z } from '@hono/zod-openapi';
import { type Queries, problem } from '@tianyuan/platform';
import type { Context } from 'hono';
import { newApi, refusals } from '../api.ts';
import { batchIdSchema } from '../batches/batch.ts';
import type { BatchRow } from '../batches/find-batch.ts';
import { findBatchThen } from '../batches/find-batch-then.ts';
import { type When, readWhen, whenSchema } from '../batches/when.ts';
import { readExposures } from '../carriage/read-carriage.ts';
import { errors } from '../errors.ts';
import type { WithPrincipal } from '../people/principal.ts';
import {
  completenessSchema,
  excursionsSchema,
  exposuresSchema,
  shelfLifeSchema,
} from './cold-chain-schema.ts';
import { readKept } from './kept.ts';
import { readCompleteness } from './read-completeness.ts';
import { readExcursions } from './read-excursions.ts';
import { readShelfLife } from './read-shelf-life.ts';

/** What each route answers with, by the last part of its path. */
const views = [
  {
    part: 'exposures',
    summary: 'Which devices measured a batch, when, and through what',
    schema: exposuresSchema,
    read: async (queries: Queries, batch: BatchRow, { asOf }: When) => ({
      exposures: await readExposures(queries, batch, asOf),
    }),
  },
  {
    part: 'excursions',
    summary: "When a batch left its profile's limits, with what proves it",
    schema: excursionsSchema,
    read: async (queries: Queries, batch: BatchRow, when: When) =>
      readExcursions(queries, batch, when, await readKept(queries, batch, when)),
  },
  {
    part: 'completeness',
    summary: "What of each device's messages is there",
    schema: completenessSchema,
    read: async (queries: Queries, batch: BatchRow, when: When) => ({
      devices: await readCompleteness(queries, when, await readKept(queries, batch, when)),
    }),
  },
  {
    part: 'shelf-life',
    summary: 'An estimate of what is left of its shelf life',
    schema: shelfLifeSchema,
    read: async (queries: Queries, batch: BatchRow, when: When) => ({
      shelfLife: (await readShelfLife(queries, batch, await readKept(queries, batch, when))) ?? null,
    }),
  },
] as const;

/** The cold chain of a batch, to be read by anybody where the batch is published. */
export function coldChainRoutes(queries: Queries) {
  const api = newApi();
  for (const { part, summary, schema, read } of views) {
    const route = createRoute({
      method: 'get',
      path: `/api/v1/batches/{batchId}/${part}`,
      tags: ['cold chain'],
      summary,
      description: 'A batch that is not published is shown to its owner only. Formulas: docs/cold-chain.md.',
      security: [{}, { ownerToken: [] }],
      request: { params: z.object({ batchId: batchIdSchema }), query: whenSchema },
      responses: {
        200: { description: summary, content: { 'application/json': { schema } } },
        ...refusals(errors.unknownBatch, errors.malformedRequest),
      },
    } satisfies RouteConfig);
    api.openapi(route, async (c) => {
      const { batchId } = c.req.valid('param');
      const when = await readWhen(queries, c.req.valid('query').asOf);
      const batch = await findBatchThen(queries, batchId, when);
      if (batch === undefined || !(batch.published || isOwner(c))) {
        return problem(c, errors.unknownBatch, `there is no published batch ${batchId}`) as never;
      }
      return c.json(await read(queries, batch, when), 200) as never;
    });
  }
  return api;
}

function isOwner(c: Context): boolean {
  return (c as Context<{ Variables: WithPrincipal }>).get('principal')?.isOwner ?? false;
}
