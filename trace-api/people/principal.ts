import { type Queries, problem } from '@tianyuan/platform';
import type { Context, MiddlewareHandler } from 'hono';
import { errors } from '../errors.ts';
import type { IsOwner } from '../owner-token.ts';
import { findSession } from './sessions/find-session.ts';

/** Who asks for something that no key of theirs signed. */
export type Principal = {
  /** `owner`, or a person's id */
  id: string;
  isOwner: boolean;
};

/** Undefined for a stranger, and for a token that is worth nothing. */
export type WithPrincipal = { principal: Principal | undefined };

/** Says who a request is from, by its bearer token: the owner's, or that of a person who logged in. */
export function principal(
  queries: Queries,
  isOwner: IsOwner,
): MiddlewareHandler<{ Variables: WithPrincipal }> {
  async function find(c: Context): Promise<Principal | undefined> {
    if (isOwner(c.req.header('authorization'))) return { id: 'owner', isOwner: true };
    const token = tokenOf(c);
    const session = token === undefined ? undefined : await findSession(queries, token, Date.now());
    return session && { id: session.person, isOwner: false };
  }
  return async (c, next) => {
    c.set('principal', await find(c));
    return next();
  };
}

/** Before a body is even looked at: who is nobody in particular gets no further. */
export function requirePrincipal(): MiddlewareHandler<{ Variables: WithPrincipal }> {
  return async (c, next) => {
    if (c.get('principal') !== undefined) return next();
    c.header('www-authenticate', 'Bearer');
    const detail =
      c.req.header('authorization') === undefined
        ? 'log in at /desk, or send a token as Authorization: Bearer …'
        : 'this token is of nobody, or its session is over: log in again';
    return problem(c, errors.loginNeeded, detail);
  };
}

/** The bearer token of a request that has one. */
export function tokenOf(c: Context): string | undefined {
  const [, token] = /^Bearer +(\S+)$/i.exec(c.req.header('authorization') ?? '') ?? [];
  return token;
}
