import { createRoute, z } from '@hono/zod-openapi';
import { type Queries, problem } from '@tianyuan/platform';
import type { Context } from 'hono';
import { newApi, refusals } from '../api.ts';
import { errors } from '../errors.ts';
import { type WithPrincipal, requirePrincipal } from '../people/principal.ts';
import { readAsOf } from '../records/as-of.ts';
import { describeWritten, noPlatformLog, writtenSchema } from '../records/messages-route.ts';
import type { Records } from '../records/open-records.ts';
import { isRefusal } from '../records/recorded.ts';
import { findEntry } from './read-catalogue.ts';
import { type CatalogueKind, idMembers, plotSchema, productSchema, skuSchema } from './statements.ts';

const id = z.string().regex(/^[A-Za-z0-9._-]{1,64}$/);
const asOf = z.coerce.number().int().min(0).optional();

/** The three kinds by their place in URLs; batches have routes of their own. */
const kinds = [
  {
    kind: 'product',
    path: '/api/v1/products/{id}',
    body: productSchema.openapi('Product'),
    what: 'a product',
  },
  { kind: 'sku', path: '/api/v1/skus/{id}', body: skuSchema.openapi('Sku'), what: 'a SKU' },
  { kind: 'plot', path: '/api/v1/plots/{id}', body: plotSchema.openapi('Plot'), what: 'a plot' },
] as const satisfies { kind: CatalogueKind; path: string; body: z.ZodType; what: string }[];

const answer = z.looseObject({
  index: z.int().openapi({ description: "of the record in the platform's log that says so" }),
  at: z.int().openapi({ description: 'when it was recorded, Unix ms' }),
});

export function catalogueRoutes(queries: Queries, records: Records | undefined) {
  const api = newApi<{ Variables: WithPrincipal }>();
  for (const { kind, path, body, what } of kinds) {
    const put = createRoute({
      method: 'put',
      path,
      tags: ['catalogue'],
      summary: `Say what ${what} is`,
      description: 'Creates or replaces it; what was said before stays readable with `asOf`.',
      security: [{ ownerToken: [] }],
      request: {
        params: z.object({ id }),
        body: { required: true, content: { 'application/json': { schema: body as z.ZodType<object> } } },
      },
      responses: {
        201: { description: 'recorded', content: { 'application/json': { schema: writtenSchema } } },
        ...refusals(
          errors.malformedRequest,
          errors.loginNeeded,
          errors.notAllowed,
          errors.unknownProduct,
          errors.noPlatformLog,
        ),
      },
    });
    const get = createRoute({
      method: 'get',
      path,
      tags: ['catalogue'],
      summary: `What ${what} is`,
      request: { params: z.object({ id }), query: z.object({ asOf }) },
      responses: {
        200: { description: 'as it was said', content: { 'application/json': { schema: answer } } },
        ...refusals(errors.unknownProduct, errors.malformedRequest),
      },
    });
    api.on('PUT', put.getRoutingPath(), requirePrincipal());
    api.openapi(put, async (c) =>
      say(c, records, kind, { [idMembers[kind]]: c.req.valid('param').id, ...c.req.valid('json') }),
    );
    api.openapi(get, async (c) => {
      const { id: name } = c.req.valid('param');
      const found = await findEntry(queries, kind, name, await readAsOf(queries, c.req.valid('query').asOf));
      if (found === undefined)
        return problem(c, errors.unknownProduct, `there is no ${kind} ${name}`) as never;
      return c.json({ ...(found.body as object), index: found.index, at: found.at }, 200);
    });
  }
  return api;
}

async function say(
  c: Context<{ Variables: WithPrincipal }>,
  records: Records | undefined,
  kind: CatalogueKind,
  body: object,
) {
  if (records === undefined) return problem(c, errors.noPlatformLog, noPlatformLog) as never;
  const written = await records.statement(kind, body, c.get('principal')!.id);
  if (isRefusal(written)) return problem(c, written.kind, written.detail) as never;
  return c.json(describeWritten(records, written), 201);
}
