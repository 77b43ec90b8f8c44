import { createRoute, z } from '@hono/zod-openapi';
import { type Queries, problem } from '@tianyuan/platform';
import { newApi, refusals } from '../api.ts';
import { errors } from '../errors.ts';
import type { IsOwner } from '../owner-token.ts';
import { readAudit } from './read-audit.ts';

const linesAPage = 500;
const time = z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

const lineSchema = z
  .object({
    chain: z.string().openapi({ example: '2026-11-26/0123456789abcdef' }),
    seq: z.int(),
    at: z.int().openapi({ description: 'Unix ms' }),
    who: z.string().openapi({ description: "`owner`, a person's id, or `-`" }),
    method: z.string(),
    path: z.string(),
    requestId: z.string(),
    idempotencyKey: z.string().nullable().openapi({ description: 'its SHA-256 in hex' }),
    status: z.int(),
    code: z.int().nullable().openapi({ description: 'of the problem, where it was refused' }),
    skipped: z
      .int()
      .openapi({ description: 'refused requests of nobody in particular before it, without lines' }),
    prev: z.string(),
    hash: z.string(),
  })
  .openapi('AuditLine');

const route = createRoute({
  method: 'get',
  path: '/api/v1/audit',
  tags: ['audit'],
  summary: 'Who wrote what',
  description: `Every write under /api/v1 and every attempt at one, for the owner. At most ${linesAPage} a page; \`next\` is the cursor of the page after it.`,
  security: [{ ownerToken: [] }],
  request: {
    query: z.object({
      from: time.default(0).openapi({ description: 'Unix ms' }),
      to: time.default(Number.MAX_SAFE_INTEGER).openapi({ description: 'Unix ms, excluded' }),
      who: z.string().max(64).optional(),
      cursor: z
        .string()
        .regex(/^\d{1,16}:[0-9a-f/-]{27}:\d{1,16}$/)
        .optional(),
    }),
  },
  responses: {
    200: {
      description: 'lines in the order of their time',
      content: {
        'application/json': {
          schema: z.object({ lines: z.array(lineSchema), next: z.string().nullable() }),
        },
      },
    },
    ...refusals(errors.malformedRequest, errors.notAuthenticated, errors.notAllowed),
  },
});

export function auditRoute(queries: Queries, isOwner: IsOwner) {
  const api = newApi();
  api.openapi(route, async (c) => {
    const authorization = c.req.header('authorization');
    if (!isOwner(authorization)) {
      if (authorization !== undefined)
        return problem(c, errors.notAllowed, 'the audit is for the owner') as never;
      c.header('www-authenticate', 'Bearer');
      return problem(
        c,
        errors.notAuthenticated,
        "send the owner's token as Authorization: Bearer …",
      ) as never;
    }
    const { from, to, who, cursor } = c.req.valid('query');
    const [at, chain, seq] = cursor?.split(':') ?? [];
    const after = chain === undefined ? undefined : { at: Number(at), chain, seq: Number(seq) };
    const lines = await readAudit(queries, { from, to, who }, after, linesAPage);
    const last = lines.length < linesAPage ? undefined : lines.at(-1)!;
    return c.json({ lines, next: last === undefined ? null : `${last.at}:${last.chain}:${last.seq}` }, 200);
  });
  return api;
}
