import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';

/** One kind of refusal: its number in the service's list, its HTTP status, and its name for people. */
export type ProblemKind = {
  code: number;
  /** the word for it in code and documentation, such as `ROOT_MISMATCH` */
  name: string;
  status: ContentfulStatusCode;
  title: { zh: string; en: string };
};

/** RFC 9457 section 3, with the extension members that every problem of ours has. */
export type ProblemDocument = {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: number;
  name: string;
};

/** A refusal on its way from a place that cannot answer by itself, such as a validator, to the error handler. */
export class ProblemError extends Error {
  readonly kind: ProblemKind;

  constructor(kind: ProblemKind, detail: string, options?: ErrorOptions) {
    super(detail, options);
    this.name = 'ProblemError';
    this.kind = kind;
  }
}

/**
 * The answer to a refused request, RFC 9457.
 * @param detail what happened, to which thing, and what to do next
 * @param extensions further members, such as the size that a log has
 */
export function problem(
  c: Context,
  kind: ProblemKind,
  detail: string,
  extensions: Record<string, unknown> = {},
): Response {
  const document: ProblemDocument = {
    type: `urn:tianyuan:problem:${kind.code}`,
    title: `${kind.title.zh} ${kind.title.en}`,
    status: kind.status,
    detail,
    code: kind.code,
    name: kind.name,
  };
  return c.body(JSON.stringify({ ...document, ...extensions }), kind.status, {
    'content-type': 'application/problem+json; charset=utf-8',
    'cache-control': 'no-store',
  });
}
