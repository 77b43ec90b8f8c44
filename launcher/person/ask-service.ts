import { randomUUID } from 'node:crypto';
import { encodeBase64url, loginInput } from '@tianyuan/protocol';
import { request } from 'undici';
import { z } from 'zod';
import { LauncherError } from '../launcher-error.ts';
import type { PersonKey } from './person-key.ts';

const answerTimeoutMs = 15_000;

const challengeSchema = z.object({ challenge: z.string(), site: z.url() });
const sessionSchema = z.object({ token: z.string(), expiresAt: z.int() });
const problemSchema = z.object({ title: z.string(), detail: z.string() });

/**
 * Logs in at a trace API.
 * @returns its bearer token and when it ends, Unix ms
 * @throws LauncherError
 */
export async function logIn(
  url: string,
  { person, key, sign }: PersonKey,
): Promise<z.infer<typeof sessionSchema>> {
  const { challenge, site } = challengeSchema.parse(
    await ask(url, 'POST', '/api/v1/sessions/challenge', JSON.stringify({ person })),
  );
  // A challenge that was handed on from elsewhere would log whoever handed it on in there.
  if (!isSameSite(url, site)) {
    throw new LauncherError(
      `${url} asks for a signature for ${site}: name that address, or have PUBLIC_URL there set to this one`,
    );
  }
  const login = { challenge, key, person, site };
  const body = JSON.stringify({ ...login, signature: encodeBase64url(sign(loginInput(login))) });
  return sessionSchema.parse(await ask(url, 'POST', '/api/v1/sessions', body));
}

/** This machine under one name or another is the same, since nobody hands anything on from it. */
function isSameSite(url: string, site: string): boolean {
  const [asked, named] = [new URL(url), new URL(site)];
  const isHere = asked.hostname === '127.0.0.1' || asked.hostname === 'localhost';
  return asked.host === named.host || (isHere && asked.port === named.port);
}

/** @throws LauncherError in the service's words */
export async function ask(
  url: string,
  method: 'POST' | 'PUT',
  path: string,
  body: string | Uint8Array,
  token?: string,
): Promise<unknown> {
  let answer: { statusCode: number; body: { text: () => Promise<string> } };
  try {
    answer = await request(new URL(path, url), {
      method,
      body,
      headersTimeout: answerTimeoutMs,
      bodyTimeout: answerTimeoutMs,
      headers: {
        'content-type': 'application/json',
        'x-idempotency-key': randomUUID(),
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
    });
  } catch (cause) {
    throw new LauncherError(`${url} does not answer: ${(cause as Error).message}`, { cause });
  }
  const text = await answer.body.text();
  const value = parse(text);
  if (answer.statusCode < 300) return value;
  const problem = problemSchema.safeParse(value);
  const why = problem.success ? `${problem.data.title}: ${problem.data.detail}` : text.slice(0, 200);
  throw new LauncherError(`${url}${path} answers ${answer.statusCode}, ${why}`);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
