import { randomUUID } from 'node:crypto';
import type { MiddlewareHandler } from 'hono';
import { withCorrelation } from './correlation.ts';

export type RequestIds = { requestId: string; correlationId: string };

/** What a caller may name a request: it goes into headers and logs, so it is short and plain. */
const acceptableId = /^[A-Za-z0-9._:-]{1,128}$/;

/**
 * Gives each request the caller's `X-Request-ID`, or one of its own, and hands it back. `X-Correlation-ID` ties the
 * requests of one business transaction together and is the request's own id where nothing larger was named.
 */
export function requestIds(): MiddlewareHandler<{ Variables: RequestIds }> {
  return async (c, next) => {
    const requestId = acceptable(c.req.header('x-request-id')) ?? randomUUID();
    const correlationId = acceptable(c.req.header('x-correlation-id')) ?? requestId;
    c.set('requestId', requestId);
    c.set('correlationId', correlationId);
    await withCorrelation(correlationId, next);
    c.res.headers.set('x-request-id', requestId);
    c.res.headers.set('x-correlation-id', correlationId);
  };
}

function acceptable(id: string | undefined): string | undefined {
  return id !== undefined && acceptableId.test(id) ? id : undefined;
}
