import {
  type SignText,
  type Submission,
  type WitnessDecision,
  type WitnessedHead,
  cosign,
  decideCheckpoint,
  formatSignatureLine,
  readSubmission,
} from '@tianyuan/protocol';
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { HeadStore } from './head-store.ts';

/** Under which name and key a witness cosigns. `sign` makes the 64 bytes of Ed25519. */
export type WitnessKey = { name: string; publicKey: Uint8Array; sign: SignText };

/** A log's own signature under another root at the very size that was cosigned: `cosigned` and `note` together prove it. */
export type Misbehaviour = {
  origin: string;
  kind: 'fork';
  cosigned: WitnessedHead;
  note: string;
};

/** Far above 63 hashes and a note of 32 lines. */
const maxBodyBytes = 256 * 1024;
/** Another submission may come between reading and advancing; one that does so for ever is a log that floods. */
const maxTries = 5;

/** `POST /add-checkpoint` of C2SP tlog-witness, on any prefix. */
export function witnessRoutes(options: {
  key: WitnessKey;
  store: HeadStore;
  /** the public keys of a log's origin; none for a log that is not witnessed here */
  keysOf: (origin: string) => Promise<readonly Uint8Array[]>;
  /** Unix ms */
  now?: () => number;
  onMisbehaviour?: (found: Misbehaviour) => void;
  onAnswer?: (answer: WitnessDecision['answer']) => void;
}): Hono {
  const { key, store, keysOf, now = Date.now, onMisbehaviour, onAnswer } = options;
  const routes = new Hono();
  routes.post(
    '/add-checkpoint',
    bodyLimit({ maxSize: maxBodyBytes, onError: (c) => c.text('too large\n', 413) }),
    async (c) => {
      const submission = attempt(await c.req.text());
      if (typeof submission === 'string') {
        onAnswer?.('malformed');
        return c.text(`${submission}\n`, 400);
      }
      const { origin, text } = submission.checkpoint;
      const { decision, head } = await decide(submission, await keysOf(origin));
      onAnswer?.(decision.answer);
      if (decision.answer === 'cosign') {
        return c.text(formatSignatureLine(cosign(text, Math.floor(now() / 1000), key, key.sign)));
      }
      // An inconsistent proof says nothing of the log: anybody can send an honest note with a wrong one.
      if (decision.answer === 'conflict' && decision.isFork) {
        onMisbehaviour?.({ origin, kind: 'fork', cosigned: head, note: submission.note });
      }
      return refuse(c, decision);
    },
  );
  return routes;

  async function decide(
    submission: Submission,
    keys: readonly Uint8Array[],
  ): Promise<{ decision: WitnessDecision; head: WitnessedHead }> {
    const { origin, size, root } = submission.checkpoint;
    for (let tries = 1; ; tries++) {
      const head = await store.read(origin);
      const decision = decideCheckpoint(submission, keys, head);
      // The same checkpoint again changes nothing: the answer to the first may have been lost.
      if (decision.answer !== 'cosign' || head.size === size) return { decision, head };
      if (await store.advance(origin, head, { size, root })) return { decision, head };
      if (tries === maxTries)
        return { decision: { answer: 'conflict', size: head.size, isFork: false }, head };
    }
  }
}

function attempt(body: string): Submission | string {
  try {
    return readSubmission(body);
  } catch (error) {
    return (error as Error).message;
  }
}

function refuse(c: Context, decision: Exclude<WitnessDecision, { answer: 'cosign' }>): Response {
  switch (decision.answer) {
    case 'malformed':
      return c.text(`${decision.detail}\n`, 400);
    case 'unknown log':
      return c.text('this witness does not know the log\n', 404);
    case 'not signed':
      return c.text('no key that this witness trusts for the log signed the checkpoint\n', 403);
    case 'conflict':
      return c.body(`${decision.size}\n`, 409, { 'content-type': 'text/x.tlog.size' });
    case 'inconsistent':
      return c.text('the proof does not lead from what was cosigned to the checkpoint\n', 422);
  }
}
