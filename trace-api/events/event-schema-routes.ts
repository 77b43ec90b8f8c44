import { createRoute, z } from '@hono/zod-openapi';
import { problem } from '@tianyuan/platform';
import { newApi, refusals } from '../api.ts';
import { errors } from '../errors.ts';
import { traceEvents } from './trace-events.ts';

/** A schema, once published, does not change; a day lets a new version of this service correct its words. */
const caching = { 'cache-control': 'public, max-age=86400' };

const listRoute = createRoute({
  method: 'get',
  path: '/api/v1/event-schemas',
  tags: ['events'],
  summary: 'The events of this service',
  description: 'Every type and version that it publishes. A new version only ever adds optional members.',
  responses: {
    200: {
      description: 'types, versions, and where their schemas are',
      content: {
        'application/json': {
          schema: z.object({
            events: z.array(
              z.object({
                type: z.string(),
                version: z.string(),
                summary: z.object({ zh: z.string(), en: z.string() }),
                href: z.string(),
              }),
            ),
          }),
        },
      },
    },
  },
});

const schemaRoute = createRoute({
  method: 'get',
  path: '/api/v1/event-schemas/{type}/{version}',
  tags: ['events'],
  summary: 'The schema of an event',
  request: { params: z.object({ type: z.string().max(64), version: z.string().max(9) }) },
  responses: {
    200: {
      description: 'JSON Schema 2020-12 of the envelope, with an example',
      content: { 'application/schema+json': { schema: z.looseObject({}) } },
    },
    ...refusals(errors.unknownEventSchema),
  },
});

export function eventSchemaRoutes() {
  const api = newApi();
  api.openapi(listRoute, (c) => {
    const events = traceEvents.list().map(({ type, version, summary }) => {
      const href = `/api/v1/event-schemas/${type}/${version}`;
      return { type, version, summary, href };
    });
    return c.json({ events }, 200, caching);
  });
  api.openapi(schemaRoute, (c) => {
    const { type, version } = c.req.valid('param');
    const found = traceEvents.find(type, version);
    if (found === undefined) {
      const detail = `there is no version ${version} of an event ${type}; /api/v1/event-schemas lists what there is`;
      return problem(c, errors.unknownEventSchema, detail) as never;
    }
    return c.body(JSON.stringify(found.schema), 200, {
      ...caching,
      'content-type': 'application/schema+json',
    }) as never;
  });
  return api;
}
