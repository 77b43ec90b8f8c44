import { randomBytes } from 'node:crypto';
import { Agent } from 'undici';
import type { NationalEnvironment } from '../environments/environment.ts';
import type { NationalFault } from '../fault.ts';
import type { NationalAnswer, NationalResponse } from '../national-trace-adapter.ts';
import { requestText, responseText } from '../signing/canonical-text.ts';
import { digestOf, signText, verifyText } from '../signing/signature.ts';
import { type Reply, type Trouble, ask } from './ask.ts';
import { classifyReply } from './classify-reply.ts';
import { tokenSource } from './token-source.ts';

/** One environment of the platform, asked once a call: retries and circuits are its caller's. */
export type PlatformClient = {
  fetchRecord: (traceCode: string) => Promise<NationalAnswer>;
  /** @returns undefined where it is well */
  ping: () => Promise<NationalFault | undefined>;
  skewMs: () => number;
  close: () => Promise<void>;
};

/** The largest record of the contract; an answer beyond it is not read to its end. */
const maxResponseBytes = 256 * 1024;
/** A clock that is further off than this is not corrected: somebody has to look at it. */
const maxSkewMs = 24 * 3600_000;

export function platformClient(
  environment: NationalEnvironment,
  now: () => number = Date.now,
): PlatformClient {
  const { name, baseUrl, clientId, form, signing, trustedKeys, mapping, timeoutMs } = environment;
  const dispatcher = new Agent({ connections: 8, connectTimeout: timeoutMs });
  const url = (path: string) => `${baseUrl.replace(/\/$/, '')}${path}`;
  const tokens = tokenSource({ ...environment, url: url('/oauth2/token'), dispatcher, now });
  let skewMs = 0;

  async function send(
    path: string,
    token: string | undefined,
  ): Promise<(Reply & { response: NationalResponse }) | Trouble> {
    const target = new URL(url(path)).pathname;
    const timestamp = String(now() + skewMs);
    const nonce = randomBytes(16).toString('hex');
    const digest = digestOf(signing.algorithm, new Uint8Array(0));
    const text = requestText({ method: 'GET', target, clientId, timestamp, nonce, digest });
    const headers = {
      accept: 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      'x-tc-version': '1.0',
      'x-tc-client': clientId,
      'x-tc-algorithm': signing.algorithm,
      'x-tc-key': signing.keyId,
      'x-tc-timestamp': timestamp,
      'x-tc-nonce': nonce,
      'x-tc-signature': signText(signing, form, text),
    };
    const options = { method: 'GET', headers, timeoutMs, maxBytes: maxResponseBytes, dispatcher } as const;
    const reply = await ask(url(path), options);
    return 'fault' in reply ? reply : { ...reply, response: verifyReply(reply, nonce) };
  }

  function verifyReply({ status, headers, body }: Reply, nonce: string): NationalResponse {
    const keyId = headers['x-tc-key'];
    const signature = headers['x-tc-signature'];
    const timestamp = headers['x-tc-timestamp'];
    if (signature === undefined || keyId === undefined || timestamp === undefined) {
      return { status, body, signature: 'absent', keyId };
    }
    const key = trustedKeys.find((one) => one.keyId === keyId);
    if (key === undefined || key.algorithm !== headers['x-tc-algorithm'] || !/^\d{1,15}$/.test(timestamp))
      return { status, body, signature: 'invalid', keyId };
    const { algorithm } = key;
    const text = responseText({ status, keyId, timestamp, nonce, digest: digestOf(algorithm, body) });
    if (!verifyText(key, form, text, signature)) return { status, body, signature: 'invalid', keyId };
    learnClock(Number(timestamp));
    return { status, body, signature: 'valid', keyId, signed: { algorithm, text, signature } };
  }

  function learnClock(theirs: number): void {
    const seen = theirs - now();
    if (Math.abs(seen) <= maxSkewMs) skewMs = seen;
  }

  async function fetchRecord(traceCode: string): Promise<NationalAnswer> {
    const base = { environment: name, mapping };
    // A token that has just ended and a clock that is just learned are each worth one more question, not a third.
    const corrected = { token: false, clock: false };
    for (;;) {
      const credential = await tokens.token();
      if ('fault' in credential) return { ...base, state: 'fault', ...credential, response: undefined };
      const reply = await send(`/open/v1/trace/${encodeURIComponent(traceCode)}`, credential.token);
      if ('fault' in reply) return { ...base, state: 'fault', ...reply, response: undefined };
      const { response } = reply;
      const verdict = classifyReply(response, traceCode);
      switch (verdict.state) {
        case 'record':
        case 'fault':
          return { ...base, ...verdict, response };
        case 'stale-token':
          tokens.forget(credential.token);
          if (corrected.token) {
            return {
              ...base,
              state: 'fault',
              fault: 'expired-credential',
              detail: 'a new token is refused, too',
              response,
            };
          }
          corrected.token = true;
          break;
        case 'clock':
          if (corrected.clock) {
            return {
              ...base,
              state: 'fault',
              fault: 'refused',
              detail: `our clock is off by ${-skewMs} ms`,
              response,
            };
          }
          corrected.clock = true;
          break;
      }
    }
  }

  return {
    fetchRecord,
    async ping() {
      const reply = await send('/open/v1/health', undefined);
      if ('fault' in reply) return reply.fault;
      if (reply.status !== 200) return 'unavailable';
      return reply.response.signature === 'valid' ? undefined : 'bad-signature';
    },
    skewMs: () => skewMs,
    close: () => dispatcher.close(),
  };
}
