import { AsyncLocalStorage } from 'node:async_hooks';
import { createHash } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import type { Context, MiddlewareHandler } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { type ProblemKind, problem } from './problem.ts';

/** An answer as it was given the first time. */
export type StoredAnswer = { bodyHash: string; status: number; contentType: string; body: string };

/** What a key stands for: nothing so far, so the caller does it; something that is being done, or that was. */
export type Begun =
  | { state: 'mine' }
  | { state: 'under way'; bodyHash: string }
  /** whoever did it died before its answer was kept; `written` is what `noteWritten` of the store said of it */
  | { state: 'answer lost'; bodyHash: string; written: number }
  | { state: 'answered'; answer: StoredAnswer };

/** Where answers are remembered. `scope` is a route of the service; a key means nothing outside its scope. */
export type IdempotencyStore = {
  /** Of all that ask at once, one gets `mine`. So does whoever asks after one that died before it wrote anything. */
  begin(scope: string, key: string, bodyHash: string): Promise<Begun>;
  /** The answer to what was `mine`. */
  keep(scope: string, key: string, answer: StoredAnswer): Promise<void>;
  /** What was `mine` was refused, or failed: the next attempt may do it. */
  giveUp(scope: string, key: string): Promise<void>;
};

const acceptableKey = /^[\x21-\x7e]{1,255}$/;

/** Long enough for every write of a service but the largest, short enough for a caller that waits. */
const patienceMs = 10_000;
const lookAgainMs = 50;

const current = new AsyncLocalStorage<{ scope: string; key: string }>();

/** The request under whose idempotency key this code runs: what it writes belongs to that. Undefined without a key. */
export const requestUnderKey = (): { scope: string; key: string } | undefined => current.getStore();

/**
 * A write that is repeated with its `X-Idempotency-Key` and the same body gets the first answer again and is not done
 * twice, also where both come at once; with another body it is refused. Only successes are remembered: a refusal may not
 * hold any longer by the time of the next attempt. Without the header the write is done as it is.
 * @param whose names the caller: another one with the same key is told nothing of this one's answer
 */
export function idempotency(
  store: IdempotencyStore,
  kinds: { reused: ProblemKind; malformed: ProblemKind; underWay: ProblemKind; answerLost: ProblemKind },
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

    const begun = await beginPatiently(store, scope, key, bodyHash);
    switch (begun.state) {
      case 'mine':
        return doOnce();
      case 'answered':
        if (begun.answer.bodyHash !== bodyHash) return reused();
        return c.body(begun.answer.body, begun.answer.status as ContentfulStatusCode, {
          'content-type': begun.answer.contentType,
          'idempotency-replayed': 'true',
        });
      case 'under way':
        if (begun.bodyHash !== bodyHash) return reused();
        c.header('retry-after', '5');
        return problem(c, kinds.underWay, `what X-Idempotency-Key ${key} asks for is being done; ask again`);
      case 'answer lost':
        if (begun.bodyHash !== bodyHash) return reused();
        return problem(
          c,
          kinds.answerLost,
          `what X-Idempotency-Key ${key} asks for was done, as record ${begun.written}, and is not done again; its answer was lost`,
        );
    }

    function reused(): Response {
      const detail = `X-Idempotency-Key ${key} was used with another body; use a new key for it`;
      return problem(c, kinds.reused, detail);
    }

    async function doOnce(): Promise<undefined> {
      let kept = false;
      try {
        await current.run({ scope, key: key! }, next);
        if (!c.res.ok) return;
        const contentType = c.res.headers.get('content-type') ?? 'application/json';
        const body = await c.res.clone().text();
        await store.keep(scope, key!, { bodyHash, status: c.res.status, contentType, body });
        kept = true;
      } finally {
        if (!kept) await store.giveUp(scope, key!);
      }
    }
  };
}

/** As {@link IdempotencyStore.begin}, but waits for what is under way. */
async function beginPatiently(
  store: IdempotencyStore,
  scope: string,
  key: string,
  bodyHash: string,
): Promise<Begun> {
  for (let waited = 0; ; waited += lookAgainMs) {
    const begun = await store.begin(scope, key, bodyHash);
    if (begun.state !== 'under way' || begun.bodyHash !== bodyHash || waited >= patienceMs) return begun;
    await setTimeout(lookAgainMs);
  }
}
