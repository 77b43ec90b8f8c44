import { createHash } from 'node:crypto';
import type { RequestIds } from '@tianyuan/platform';
import type { MiddlewareHandler } from 'hono';
import type { WithPrincipal } from '../people/principal.ts';
import type { Audit } from './open-audit.ts';

const readingMethods = new Set(['GET', 'HEAD', 'OPTIONS']);
/** Asked by POST, and changing nothing. */
const readingPaths = new Set(['/api/v1/chain/rpc']);
const longestPath = 500;

/**
 * A line for every write and for every attempt at one, before it is answered: an answer that somebody has is in the audit.
 * Who may not be told from the line itself is never in it: no body, no query, no address.
 */
export function auditWrites(audit: Audit): MiddlewareHandler<{ Variables: RequestIds & WithPrincipal }> {
  return async (c, next) => {
    const { method, path } = c.req;
    if (readingMethods.has(method) || readingPaths.has(path)) return next();
    await next();
    const key = c.req.header('x-idempotency-key');
    await audit.write({
      who: c.get('principal')?.id ?? '-',
      method,
      path: path.slice(0, longestPath),
      requestId: c.get('requestId'),
      idempotencyKey: key === undefined ? null : createHash('sha256').update(key).digest('hex'),
      status: c.res.status,
      code: await codeOf(c.res),
    });
    return undefined;
  };
}

async function codeOf(response: Response): Promise<number | null> {
  if (response.status < 400 || !response.headers.get('content-type')?.startsWith('application/problem+json'))
    return null;
  const { code } = (await response.clone().json()) as { code?: unknown };
  return typeof code === 'number' ? code : null;
}
