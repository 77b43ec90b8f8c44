import type { IncomingMessage } from 'node:http';
import { problem } from '@tianyuan/platform';
import type { MiddlewareHandler } from 'hono';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { errors } from '../../errors.ts';

/** What an organisation behind one address needs, and far from what would fill the table of challenges. */
const attemptsAMinute = 60;

/** So many attempts a minute from one address, in this process. A signature cannot be guessed; this is for the machine's sake. */
export function limitAttempts(points = attemptsAMinute): MiddlewareHandler {
  const limiter = new RateLimiterMemory({ points, duration: 60 });
  return async (c, next) => {
    try {
      await limiter.consume(addressOf(c.env));
    } catch (refused) {
      if (!(refused instanceof RateLimiterRes)) throw refused;
      const seconds = Math.ceil(refused.msBeforeNext / 1000);
      c.header('retry-after', String(seconds));
      return problem(
        c,
        errors.tooManyAttempts,
        `more than ${points} attempts a minute from one address; again in ${seconds} s`,
      );
    }
    return next();
  };
}

/** As the server hands it on; behind a proxy it is the proxy's, for all of its clients together. */
function addressOf(env: unknown): string {
  const { incoming } = (env ?? {}) as { incoming?: IncomingMessage };
  return incoming?.socket.remoteAddress ?? 'unknown';
}
