import { createHash } from 'node:crypto';
import type { Context, MiddlewareHandler } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { type ProblemKind, problem } from './problem.ts';

/** An answer as it was given the first time. */
export type StoredAnswer = { bodyHash: string; status: number; contentType: string; body: string };

/** Where answers are remembered. `scope` is a route of the service; a key means nothing outside its scope. */
export type IdempotencyStore = {
  find(scope: string, key: string): Promise<StoredAnswer | undefined>;
  /** Keeps the first of two answers to one key. */
  keep(scope: string, key: string, answer: StoredAnswer): Promise<void>;
};

const acceptableKey = /^[\x21-\x7e]{1,255}$/;

/**
 * A write that is repeated with its `X-Idempotency-Key` and the same body gets the first answer again and is not done
 * twice; with another body it is refused. Only successes are remembered: a refusal may not hold any longer by the time
 * of the next attempt. Without the header the write is done as it is.
 * @param whose names the caller: another one with the same key is told nothing of this one's answer
 */
export function idempotency(
  store: IdempotencyStore,
  kinds: { reused: ProblemKind; malformed: ProblemKind },
  whose: (c: Context) => string = () => '',
): MiddlewareHandler {
  return async (c, next) => {
    const key = c.req.header('x-idempotency-key');
    if (key === undefined) return next();
    if (!acceptableKey.test(key)) {
      return problem(c, kinds.malformed, 'X-Idempotency-Key has 1 to 255 printable ASCII characters');
    }
    const scope = `${c.req.method} ${c.req.path}${new URL(c.req.url).search} ${whose(c)}`.trimEnd();
    const bodyHash = createHash('sha256')
      .update(new Uint8Array(await c.req.arrayBuffer()))
      .digest('hex');
    const known = await store.find(scope, key);
    if (known !== undefined) {
      if (known.bodyHash !== bodyHash) {
        return problem(
          c,
          kinds.reused,
          `X-Idempotency-Key ${key} was used with another body; use a new key for it`,
        );
      }
      return c.body(known.body, known.status as ContentfulStatusCode, {
        'content-type': known.contentType,
        'idempotency-replayed': 'true',
      });
    }
    await next();
    if (c.res.ok) {
      const contentType = c.res.headers.get('content-type') ?? 'application/json';
      await store.keep(scope, key, {
        bodyHash,
        status: c.res.status,
        contentType,
        body: await c.res.clone().text(),
      });
    }
    return undefined;
  };
}
