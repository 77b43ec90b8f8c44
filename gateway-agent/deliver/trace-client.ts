import { decodeBase64, logIdHex } from '@tianyuan/protocol';
import { z } from 'zod';
import { boundedRequest, noAnswer, parseJson } from './bounded-request.ts';

/** The body of an upload, PROTOCOL section 7: entries in base64, payloads too, null where one was evicted. */
export type UploadBody = { checkpoint: string; entries: string; payloads: (string | null)[] };

/** The newest entries, ahead of what is mirrored: `before` is base64 of the roots of the complete subtrees before them. */
export type LiveBody = UploadBody & { before: string };

/** A head of the log as the server knows it; `root` is 32 bytes, absent where the log is empty or the server does not say. */
export type Head = { size: number; root: Uint8Array | undefined };

/** What the mirror holds, and the newest head that it was shown ahead of that. */
export type MirroredHead = Head & { live?: Head | undefined };

/** The server, or a proxy before it, answered and did not take it. */
export type Refusal = { address: string; status: number; said: string; retryAfterMs: number | undefined };

/** The trace API as one log's uploader sees it. Rejects when there was no answer, or none that makes sense. */
export type TraceClient = {
  head: (signal: AbortSignal) => Promise<MirroredHead | Refusal>;
  upload: (
    from: number,
    toSize: number,
    body: UploadBody,
    signal: AbortSignal,
  ) => Promise<MirroredHead | Refusal>;
  /** shows the entries from `from` on ahead of a backfill */
  live: (from: number, body: LiveBody, signal: AbortSignal) => Promise<MirroredHead | Refusal>;
};

/** A chunk of 8 MiB over 100 kB/s, and the server's work; a chunk that needs longer is halved. */
const defaultTimeoutMs = 120_000;
/** Whoever asks for more than this is asked again all the same: a wrong clock may stand behind a date. */
const longestRetryAfterMs = 3_600_000;

const rootSchema = z.string().transform((text, context): Uint8Array => {
  try {
    const bytes = decodeBase64(text);
    if (bytes.length === 32) return bytes;
  } catch {
    // said below
  }
  context.addIssue('not the base64 of a root of 32 bytes');
  return z.NEVER;
});
const headSchema = z.object({ size: z.int().min(0), root: rootSchema.optional() });
const mirroredHeadSchema = headSchema.extend({ live: headSchema.nullish() });
const problemSchema = z.object({
  code: z.int().optional(),
  title: z.string().optional(),
  detail: z.string().optional(),
});

const json = { 'content-type': 'application/json' };

export function openTraceClient(url: string, origin: string, timeoutMs = defaultTimeoutMs): TraceClient {
  const logId = logIdHex(origin);
  const base = `${url.replace(/\/$/, '')}/api/v1/logs/${logId}`;

  async function ask(
    address: string,
    signal: AbortSignal,
    post?: { method: 'POST'; headers: Record<string, string>; body: string },
  ): Promise<MirroredHead | Refusal> {
    const { status, headers, text } = await boundedRequest(address, { signal, timeoutMs, post });
    if (status < 300) return parseHead(text, address);
    const retryAfterMs = parseRetryAfter(headers['retry-after'], Date.now());
    return { address, status, said: saidIn(text), retryAfterMs };
  }

  return {
    async head(signal) {
      const answer = await ask(base, signal);
      // A log that the registry knows and that has no entry yet, or one that is not enrolled: the first upload tells.
      return 'status' in answer && answer.status === 404 ? { size: 0, root: undefined } : answer;
    },
    upload: (from, toSize, body, signal) =>
      ask(`${base}/entries?from=${from}`, signal, {
        method: 'POST',
        headers: {
          ...json,
          // The same chunk always has the same key: what it says is fixed by the log.
          'x-idempotency-key': `${logId}-${from}-${toSize}`,
        },
        body: JSON.stringify(body),
      }),
    live: (from, body, signal) =>
      ask(`${base}/live?from=${from}`, signal, {
        method: 'POST',
        headers: json,
        body: JSON.stringify(body),
      }),
  };
}

/** RFC 9110 section 10.2.3: seconds, or a date. Undefined for anything else. @param now Unix ms */
export function parseRetryAfter(value: string | string[] | undefined, now: number): number | undefined {
  const text = (Array.isArray(value) ? value[0] : value)?.trim();
  if (text === undefined || text === '') return undefined;
  // A date ends with GMT; what else `Date.parse` takes for one is none ("-5" is a year).
  const date = text.endsWith('GMT') ? Date.parse(text) : Number.NaN;
  const ms = /^[0-9]{1,9}$/.test(text) ? Number(text) * 1000 : date - now;
  return Number.isNaN(ms) ? undefined : Math.min(longestRetryAfterMs, Math.max(0, ms));
}

function parseHead(text: string, address: string): MirroredHead {
  const parsed = mirroredHeadSchema.safeParse(parseJson(text));
  if (parsed.success) {
    const { size, root, live } = parsed.data;
    return { size, root, live: live ? { size: live.size, root: live.root } : undefined };
  }
  throw noAnswer(address, JSON.stringify(text.slice(0, 100)));
}

function saidIn(text: string): string {
  const problem = problemSchema.safeParse(parseJson(text));
  if (!problem.success) return '';
  const { code, title, detail } = problem.data;
  return [code, title, detail].filter(Boolean).join(' ');
}
