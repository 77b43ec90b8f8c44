import { createRoute, z } from '@hono/zod-openapi';
import { type Database, problem } from '@tianyuan/platform';
import { loginSchema } from '@tianyuan/protocol';
import { newApi, refusals } from '../../api.ts';
import { errors } from '../../errors.ts';
import { verifySignature } from '../../ingest/ed25519.ts';
import { personIdSchema } from '../statements.ts';
import type { NoteAudit } from '../note-audit.ts';
import { type WithPrincipal, requirePrincipal, tokenOf } from '../principal.ts';
import { limitAttempts } from './limit-attempts.ts';
import { endSessions, newChallenge, openSession } from './open-session.ts';

const json = <T extends z.ZodType>(schema: T) => ({ content: { 'application/json': { schema } } });
const natural = z.int().min(0);

const challengeRoute = createRoute({
  method: 'post',
  path: '/api/v1/sessions/challenge',
  tags: ['people'],
  summary: 'Something to sign in order to log in',
  request: { body: { required: true, ...json(z.strictObject({ person: personIdSchema })) } },
  responses: {
    200: {
      description:
        'to be signed once, within two minutes: Ed25519 over "tianyuan/session/v1\\n" and the canonical form of {challenge, key, person, site}',
      ...json(z.object({ challenge: z.string(), site: z.string(), expiresAt: natural })),
    },
    ...refusals(errors.malformedRequest, errors.tooManyAttempts),
  },
});

const openRoute = createRoute({
  method: 'post',
  path: '/api/v1/sessions',
  tags: ['people'],
  summary: 'Log in with an enrolled key',
  description:
    'The token is sent as Authorization: Bearer … and lasts twelve hours, or until it is ended or its key is revoked. A challenge ' +
    'opens one session; a repeated call is refused and needs another challenge.',
  request: { body: { required: true, ...json(loginSchema.extend({ signature: z.string().length(86) })) } },
  responses: {
    200: {
      description: 'logged in',
      ...json(z.object({ token: z.string(), person: z.string(), expiresAt: natural })),
    },
    ...refusals(errors.malformedRequest, errors.loginRefused, errors.tooManyAttempts),
  },
});

const endRoute = createRoute({
  method: 'delete',
  path: '/api/v1/sessions',
  tags: ['people'],
  summary: 'Log out',
  security: [{ ownerToken: [] }],
  request: { query: z.object({ all: z.enum(['true', 'false']).default('false') }) },
  responses: {
    200: {
      description: 'how many sessions were ended: this one, or with all=true every one of the same person',
      ...json(z.object({ ended: natural })),
    },
    ...refusals(errors.loginNeeded, errors.malformedRequest),
  },
});

/** Logins for the desk: no password, a signature under the person's enrolled key. Sessions are state and no record. */
export function sessionRoutes(database: Database, site: string, noteAudit: NoteAudit) {
  const { queries } = database;
  const api = newApi<{ Variables: WithPrincipal }>();
  api.on('POST', [challengeRoute.getRoutingPath(), openRoute.getRoutingPath()], limitAttempts());
  api.openapi(challengeRoute, async (c) => {
    const { person } = c.req.valid('json');
    c.header('cache-control', 'no-store');
    return c.json({ ...(await newChallenge(queries, person, Date.now())), site }, 200);
  });
  api.openapi(openRoute, async (c) => {
    const login = c.req.valid('json');
    const now = Date.now();
    const session =
      login.site === site ? await openSession(database, login, { verify: verifySignature, now }) : undefined;
    await noteAudit(queries, {
      principal: login.person,
      action: 'session-open',
      subject: `person/${login.person}`,
      outcome: session === undefined ? 'refused' : 'done',
      at: now,
    });
    if (session === undefined) {
      const detail = `no session for ${login.person}: the challenge is of another person, used or over, or no enrolled key ${login.key} of a noted person signed it for ${site}`;
      return problem(c, errors.loginRefused, detail) as never;
    }
    c.header('cache-control', 'no-store');
    return c.json(session, 200);
  });
  api.on('DELETE', endRoute.getRoutingPath(), requirePrincipal());
  api.openapi(endRoute, async (c) => {
    const principal = c.get('principal')!;
    const { all } = c.req.valid('query');
    const which = all === 'true' ? { person: principal.id } : { token: tokenOf(c)! };
    const now = Date.now();
    const ended = await endSessions(queries, which, now);
    await noteAudit(queries, {
      principal: principal.id,
      action: 'session-end',
      subject: `person/${principal.id}`,
      outcome: 'done',
      at: now,
    });
    return c.json({ ended }, 200);
  });
  return api;
}
