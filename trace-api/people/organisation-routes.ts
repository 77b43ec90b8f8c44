import { createRoute, z } from '@hono/zod-openapi';
import { type Queries, problem } from '@tianyuan/platform';
import { newApi, refusals } from '../api.ts';
import { errors } from '../errors.ts';
import { readAsOf } from '../records/as-of.ts';
import { describeWritten, noPlatformLog, writtenSchema } from '../records/messages-route.ts';
import type { Records } from '../records/open-records.ts';
import { isRefusal } from '../records/recorded.ts';
import { type WithPrincipal, requirePrincipal } from './principal.ts';
import { findOrganisation } from './read-people.ts';
import { organisationSchema, usccSchema } from './statements.ts';

const json = <T extends z.ZodType>(schema: T) => ({ content: { 'application/json': { schema } } });
const params = z.object({ uscc: usccSchema.openapi({ example: '91110000600037341L' }) });

const putRoute = createRoute({
  method: 'put',
  path: '/api/v1/organisations/{uscc}',
  tags: ['people'],
  summary: 'Note an organisation, by the owner',
  description: 'By its 统一社会信用代码, GB 32100-2015. Said again, the newer word counts from then on.',
  security: [{ ownerToken: [] }],
  request: { params, body: { required: true, ...json(organisationSchema.omit({ uscc: true })) } },
  responses: {
    200: { description: 'recorded', ...json(writtenSchema) },
    ...refusals(errors.malformedRequest, errors.loginNeeded, errors.roleMissing, errors.noPlatformLog),
  },
});

const getRoute = createRoute({
  method: 'get',
  path: '/api/v1/organisations/{uscc}',
  tags: ['people'],
  summary: 'An organisation',
  request: { params, query: z.object({ asOf: z.coerce.number().int().min(0).optional() }) },
  responses: {
    200: { description: 'as the log has it', ...json(organisationSchema) },
    ...refusals(errors.unknownOrganisation, errors.malformedRequest),
  },
});

export function organisationRoutes(queries: Queries, records: Records | undefined) {
  const api = newApi<{ Variables: WithPrincipal }>();
  api.on('PUT', putRoute.getRoutingPath(), requirePrincipal());
  api.openapi(putRoute, async (c) => {
    if (records === undefined) return problem(c, errors.noPlatformLog, noPlatformLog) as never;
    const body = { ...c.req.valid('param'), ...c.req.valid('json') };
    const answer = await records.statement('organisation', body, c.get('principal')!.id);
    if (isRefusal(answer)) return problem(c, answer.kind, answer.detail) as never;
    return c.json(describeWritten(records, answer), 200);
  });
  api.openapi(getRoute, async (c) => {
    const { uscc } = c.req.valid('param');
    const found = await findOrganisation(queries, uscc, await readAsOf(queries, c.req.valid('query').asOf));
    if (found === undefined) {
      return problem(c, errors.unknownOrganisation, `no organisation ${uscc} is noted`) as never;
    }
    return c.json(found, 200);
  });
  return api;
}
