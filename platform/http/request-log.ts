import type { MiddlewareHandler } from 'hono';
import type { Logger } from './logger.ts';
import type { RequestIds } from './request-ids.ts';

/** Probes and scrapes come every few seconds and say nothing as long as they succeed. */
const quietPaths = new Set(['/healthz', '/readyz', '/metrics']);

/** One line for each request: debug for reads that succeeded, warn for refused ones, error for our own failures. */
export function requestLog(logger: Logger): MiddlewareHandler<{ Variables: RequestIds }> {
  return async (c, next) => {
    const startedAt = performance.now();
    await next();
    const { status } = c.res;
    const quiet = status < 400 && (quietPaths.has(c.req.path) || c.req.method === 'GET');
    const level = status >= 500 ? 'error' : status >= 400 ? 'warn' : quiet ? 'debug' : 'info';
    logger[level](
      {
        requestId: c.get('requestId'),
        correlationId: c.get('correlationId'),
        method: c.req.method,
        path: c.req.path,
        status,
        durationMs: Math.round((performance.now() - startedAt) * 10) / 10,
      },
      'request',
    );
  };
}
