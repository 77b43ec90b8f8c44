import { OpenAPIHono, z } from '@hono/zod-openapi';
import type { Env } from 'hono';
import { ProblemError, type ProblemKind, problem } from '@tianyuan/platform';
import { errors } from './errors.ts';

/** A part of the HTTP API: a request that does not fit its schema is answered with a problem that says where. */
export function newApi<E extends Env = Env>(
  malformed: ProblemKind = errors.malformedRequest,
): OpenAPIHono<E> {
  return new OpenAPIHono<E>({
    defaultHook: (result, c) => {
      if (result.success) return undefined;
      const where = result.target === 'json' ? 'body' : result.target;
      return problem(c, malformed, `${where}: ${describeIssues(result.error)}`);
    },
  });
}

/** As the generated documentation shows a problem document. */
const problemSchema = z
  .object({
    type: z.string().openapi({ example: 'urn:tianyuan:problem:4004' }),
    title: z.string().openapi({ example: '日志之间有缺口 gap in the log' }),
    status: z.int().openapi({ example: 409 }),
    detail: z
      .string()
      .openapi({ example: 'the mirror has 4096 entries; upload from 4096 on, not from 5120' }),
    code: z.int().openapi({ example: 4004 }),
    name: z.string().openapi({ example: 'GAP' }),
  })
  .openapi('Problem');

/** The refusals of a route, for its documentation: one entry for each status, which names the codes under it. */
export function refusals(...kinds: ProblemKind[]) {
  const byStatus = Map.groupBy(kinds, ({ status }) => status);
  return Object.fromEntries(
    [...byStatus].map(([status, those]) => [
      status,
      {
        description: those.map(({ code, name, title }) => `${code} ${name}: ${title.en}`).join('; '),
        content: { 'application/problem+json': { schema: problemSchema } },
      },
    ]),
  );
}

/** Body parsers throw before any schema is asked. */
export function asProblem(error: Error): ProblemError | undefined {
  if (error instanceof ProblemError) return error;
  if (error instanceof SyntaxError || error.message.startsWith('Malformed JSON')) {
    return new ProblemError(errors.malformedRequest, `the body is not JSON: ${error.message}`, {
      cause: error,
    });
  }
  return undefined;
}

function describeIssues({ issues }: { issues: readonly { path: PropertyKey[]; message: string }[] }): string {
  const shown = issues
    .slice(0, 5)
    .map(({ path, message }) => (path.length === 0 ? message : `${path.join('.')}: ${message}`));
  return issues.length > 5 ? `${shown.join('; ')}; and ${issues.length - 5} more` : shown.join('; ');
}
