import type { MiddlewareHandler } from 'hono';
import { type ProblemKind, problem } from './problem.ts';

/**
 * `Accept-Version: application/vnd.tianyuan.v1+json` names the major version that the caller was written for. Absent is
 * the newest; another one is refused with `unsupported` rather than answered in a shape that the caller cannot read.
 */
export function acceptVersion(major: number, unsupported: ProblemKind): MiddlewareHandler {
  const supported = `application/vnd.tianyuan.v${major}+json`;
  return async (c, next) => {
    const asked = c.req.header('accept-version')?.trim().toLowerCase();
    if (asked !== undefined && asked !== supported) {
      return problem(c, unsupported, `Accept-Version is "${asked}"; this service speaks ${supported}`, {
        supported,
      });
    }
    c.header('content-version', supported);
    return next();
  };
}
