import { createRoute, z } from '@hono/zod-openapi';
import { problem } from '@tianyuan/platform';
import type { Context } from 'hono';
import { newApi, refusals } from '../api.ts';
import { errors } from '../errors.ts';
import { describeWritten, noPlatformLog, writtenSchema } from '../records/messages-route.ts';
import type { Records } from '../records/open-records.ts';
import { isRefusal } from '../records/recorded.ts';
import { type WithPrincipal, requirePrincipal } from './principal.ts';
import { belongingSchema, roleSchema } from './statements.ts';

const json = <T extends z.ZodType>(schema: T) => ({ content: { 'application/json': { schema } } });
const written = { 201: { description: 'recorded', ...json(writtenSchema) } };
const common = [
  errors.malformedRequest,
  errors.loginNeeded,
  errors.roleMissing,
  errors.noPlatformLog,
] as const;

const grantRoute = createRoute({
  method: 'post',
  path: '/api/v1/roles',
  tags: ['people'],
  summary: 'Give somebody a role',
  description:
    'By an admin of the organisation that the thing belongs to, or the owner; inspectors by the owner only. Times are Unix ms.',
  security: [{ ownerToken: [] }],
  request: { body: { required: true, ...json(roleSchema) } },
  responses: {
    ...written,
    ...refusals(...common, errors.unknownPerson, errors.unknownOrganisation),
  },
});

const endRoute = createRoute({
  method: 'delete',
  path: '/api/v1/roles/{index}',
  tags: ['people'],
  summary: 'End a role',
  description: 'By whoever may give it, or by who holds it. What was said under it before stands.',
  security: [{ ownerToken: [] }],
  request: {
    params: z.object({ index: z.coerce.number().int().min(0).openapi({ example: 17 }) }),
    query: z.object({
      until: z.coerce
        .number()
        .int()
        .min(0)
        .optional()
        .openapi({ description: 'Unix ms, not included; now where it is not said' }),
    }),
  },
  responses: { ...written, ...refusals(...common, errors.unknownRole) },
});

const belongingRoute = createRoute({
  method: 'post',
  path: '/api/v1/belongings',
  tags: ['people'],
  summary: 'Say that a thing belongs to an organisation, a plot, a truck or a room',
  description:
    'The same two again with `until` end it. A role over what a thing belongs to reaches the thing.',
  security: [{ ownerToken: [] }],
  request: { body: { required: true, ...json(belongingSchema) } },
  responses: { ...written, ...refusals(...common, errors.unknownOrganisation) },
});

export function roleRoutes(records: Records | undefined) {
  const api = newApi<{ Variables: WithPrincipal }>();
  async function say(c: Context<{ Variables: WithPrincipal }>, name: string, body: object) {
    if (records === undefined) return problem(c, errors.noPlatformLog, noPlatformLog) as never;
    const answer = await records.statement(name, body, c.get('principal')!.id);
    if (isRefusal(answer)) return problem(c, answer.kind, answer.detail) as never;
    return c.json(describeWritten(records, answer), 201);
  }

  api.on('POST', [grantRoute.getRoutingPath(), belongingRoute.getRoutingPath()], requirePrincipal());
  api.on('DELETE', endRoute.getRoutingPath(), requirePrincipal());
  api.openapi(grantRoute, (c) => say(c, 'role', c.req.valid('json')));
  api.openapi(belongingRoute, (c) => say(c, 'belonging', c.req.valid('json')));
  api.openapi(endRoute, (c) => {
    const { index } = c.req.valid('param');
    const { until = Date.now() } = c.req.valid('query');
    return say(c, 'role-end', { role: index, until });
  });
  return api;
}
