import { createRoute, z } from '@hono/zod-openapi';
import { type Queries, problem } from '@tianyuan/platform';
import type { Context } from 'hono';
import { newApi, refusals } from '../api.ts';
import { batchIdSchema } from '../batches/batch.ts';
import { errors } from '../errors.ts';
import { authorize } from '../people/authorize.ts';
import { type WithPrincipal, requirePrincipal } from '../people/principal.ts';
import { describeWritten, noPlatformLog, writtenSchema } from '../records/messages-route.ts';
import type { Records } from '../records/open-records.ts';
import { isRefusal } from '../records/recorded.ts';
import { listCases } from './read-cases.ts';
import { caseOutcomes, findingsSchema } from './statements.ts';

const json = <T extends z.ZodType>(schema: T) => ({ content: { 'application/json': { schema } } });
const index = z.object({ index: z.coerce.number().int().min(0).openapi({ example: 17 }) });
const bilingual = z.object({ zh: z.string(), en: z.string() });
const written = { 201: { description: 'recorded', ...json(writtenSchema) } };
const common = [
  errors.malformedRequest,
  errors.loginNeeded,
  errors.roleMissing,
  errors.nothingOpen,
  errors.noPlatformLog,
] as const;
const mostAtOnce = 100;

const { report: _, ...insideShape } = findingsSchema.shape;

const findingsRoute = createRoute({
  method: 'post',
  path: '/api/v1/reports/{index}/findings',
  tags: ['reports'],
  summary: 'Say what a report says inside',
  description:
    'The report by its index in the log. What contradicts the trace, or its own limits, opens a case.',
  security: [{ ownerToken: [] }],
  request: {
    params: index,
    body: { required: true, ...json(z.strictObject(insideShape).openapi('Findings')) },
  },
  responses: { ...written, ...refusals(...common) },
});

const caseSchema = z
  .object({
    index: z.int(),
    at: z.int(),
    batchId: z.string(),
    reportIndex: z.int(),
    disagreement: z.string(),
    detail: bilingual,
    holds: z.boolean().openapi({ description: 'whether the batch was held for it' }),
    closed: z
      .object({ index: z.int(), at: z.int(), by: z.string(), outcome: z.string(), note: bilingual })
      .nullable(),
  })
  .openapi('Case');

const listRoute = createRoute({
  method: 'get',
  path: '/api/v1/cases',
  tags: ['reports'],
  summary: 'Reports that disagree with the trace',
  description:
    'Newest first, 100 at most; `before` an index goes on. Of one batch for its people, of all for the owner.',
  security: [{ ownerToken: [] }],
  request: {
    query: z.object({
      batch: batchIdSchema.optional(),
      state: z.enum(['open', 'all']).default('open'),
      before: z.coerce.number().int().min(0).optional(),
    }),
  },
  responses: {
    200: { description: 'cases', ...json(z.object({ cases: z.array(caseSchema) })) },
    ...refusals(errors.malformedRequest, errors.loginNeeded, errors.roleMissing),
  },
});

const closeRoute = createRoute({
  method: 'post',
  path: '/api/v1/cases/{index}/closure',
  tags: ['reports'],
  summary: 'Close a case',
  description: 'It releases no hold: that is a decision of its own.',
  security: [{ ownerToken: [] }],
  request: {
    params: index,
    body: {
      required: true,
      ...json(
        z.strictObject({
          outcome: z.enum(caseOutcomes),
          note: z.strictObject({
            zh: z.string().trim().min(1).max(300),
            en: z.string().trim().min(1).max(300),
          }),
        }),
      ),
    },
  },
  responses: { ...written, ...refusals(...common) },
});

export function reportRoutes(queries: Queries, records: Records | undefined) {
  const api = newApi<{ Variables: WithPrincipal }>();
  api.on('POST', [findingsRoute.getRoutingPath(), closeRoute.getRoutingPath()], requirePrincipal());
  api.on('GET', listRoute.getRoutingPath(), requirePrincipal());

  async function say(c: Context<{ Variables: WithPrincipal }>, name: string, body: object) {
    if (records === undefined) return problem(c, errors.noPlatformLog, noPlatformLog) as never;
    const answer = await records.statement(name, body, c.get('principal')!.id);
    if (isRefusal(answer)) return problem(c, answer.kind, answer.detail) as never;
    return c.json(describeWritten(records, answer), 201);
  }

  api.openapi(findingsRoute, (c) =>
    say(c, 'findings', { report: c.req.valid('param').index, ...c.req.valid('json') }),
  );
  api.openapi(closeRoute, (c) =>
    say(c, 'case-closed', { case: c.req.valid('param').index, ...c.req.valid('json') }),
  );
  api.openapi(listRoute, async (c) => {
    const { batch, state, before } = c.req.valid('query');
    const principal = c.get('principal')!;
    const may =
      principal.isOwner ||
      (batch !== undefined &&
        (await authorize(queries, principal, 'handle-case', { kind: 'batch', id: batch }, Date.now())));
    if (!may) {
      const detail = `${principal.id} sees the cases of batches that it may handle cases of: name one with ?batch=`;
      return problem(c, errors.roleMissing, detail) as never;
    }
    const filter = { batchId: batch, openOnly: state === 'open', before, limit: mostAtOnce };
    return c.json({ cases: await listCases(queries, filter) }, 200);
  });
  return api;
}
