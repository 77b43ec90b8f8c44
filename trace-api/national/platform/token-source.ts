import type { Dispatcher } from 'undici';
import { z } from 'zod';
import type { NationalFault } from '../fault.ts';
import { ask } from './ask.ts';

/** A token of the platform, or why there is none. */
export type TokenAnswer = { token: string } | { fault: NationalFault; detail: string };

export type TokenSource = {
  token: () => Promise<TokenAnswer>;
  /** the platform does not take it any more */
  forget: (token: string) => void;
};

const tokenSchema = z.object({
  access_token: z.string().min(1).max(4_096),
  token_type: z.string().regex(/^bearer$/i),
  expires_in: z.number().min(1).max(31_536_000),
});

const maxTokenBytes = 16 * 1024;
/** A token is replaced this long before its end, or at half its life where that is less: a request takes time. */
const earlyMs = 60_000;

/**
 * OAuth 2.0 client credentials, RFC 6749 section 4.4, with HTTP Basic. The secrets are read anew each time, newest first,
 * and tried in that order: whoever rotates them writes the new one above the old one, and nothing has to be restarted.
 */
export function tokenSource(options: {
  url: string;
  clientId: string;
  readSecrets: () => string[];
  timeoutMs: number;
  dispatcher: Dispatcher;
  now: () => number;
}): TokenSource {
  const { url, clientId, readSecrets, timeoutMs, dispatcher, now } = options;
  let held: { token: string; until: number } | undefined;
  let asking: Promise<TokenAnswer> | undefined;

  async function askWith(secret: string): Promise<TokenAnswer | 'refused'> {
    const askedAt = now();
    const reply = await ask(url, {
      method: 'POST',
      headers: {
        authorization: `Basic ${Buffer.from(`${clientId}:${secret}`).toString('base64')}`,
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: 'grant_type=client_credentials',
      timeoutMs,
      maxBytes: maxTokenBytes,
      dispatcher,
    });
    if ('fault' in reply) return reply;
    if (reply.status === 401 || reply.status === 400) return 'refused';
    if (reply.status >= 500 || reply.status === 429)
      return { fault: 'unavailable', detail: `token endpoint: HTTP ${reply.status}` };
    const parsed = reply.status === 200 ? tokenSchema.safeParse(parseJson(reply.body)) : undefined;
    if (parsed?.success !== true)
      return { fault: 'malformed', detail: `token endpoint: HTTP ${reply.status}` };
    const lifeMs = parsed.data.expires_in * 1_000;
    held = { token: parsed.data.access_token, until: askedAt + lifeMs - Math.min(earlyMs, lifeMs / 2) };
    return { token: held.token };
  }

  async function renew(): Promise<TokenAnswer> {
    for (const secret of readSecrets()) {
      const answer = await askWith(secret);
      if (answer !== 'refused') return answer;
    }
    return {
      fault: 'expired-credential',
      detail: `the platform takes none of the secrets of client ${clientId}`,
    };
  }

  return {
    async token() {
      if (held !== undefined && now() < held.until) return { token: held.token };
      // Whoever comes meanwhile waits for the same answer.
      asking ??= renew().finally(() => (asking = undefined));
      return asking;
    },
    forget(token) {
      if (held?.token === token) held = undefined;
    },
  };
}

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString());
  } catch {
    return undefined;
  }
}
