import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';
import { SimulatorError } from '../simulator-error.ts';
import { readAnswer } from './claim-over-mqtt.ts';
import type { ClaimTransport } from './transport.ts';

/** How often the owner's answer is asked for; a gateway takes two a second. */
const pollMs = 1_000;
/** No answer is longer than a certificate chain. */
const maxAnswerBytes = 64 * 1024;
const timeoutMs = 10_000;

/** By `POST /claim`, again and again until the owner has decided. */
export function claimOverHttp(
  url: string,
  { device, ca }: { device: string; ca: string | undefined },
): ClaimTransport {
  return async (payload, signal, onWaiting) => {
    for (let told = false; ;) {
      const { status, body } = await post(url, payload, ca).catch((cause: Error) => {
        throw new SimulatorError('CLAIM', `${url} cannot be reached: ${cause.message}`, { cause });
      });
      const answer = readAnswer(body);
      if (answer === undefined && status !== 429 && status !== 503)
        throw new SimulatorError('CLAIM', `${url} answered ${status}, which is no answer to a claim`);
      if (answer !== undefined && answer.state !== 'waiting') return answer;
      if (!told && answer !== undefined) onWaiting();
      told ||= answer !== undefined;
      await delay(pollMs, undefined, { signal }).catch(() => {
        throw new SimulatorError(
          'CLAIM',
          `${device} was not approved in time; show the same string again later`,
        );
      });
    }
  };
}

function post(
  url: string,
  payload: Uint8Array,
  ca: string | undefined,
): Promise<{ status: number; body: Buffer }> {
  return new Promise((resolve, reject) => {
    const options = {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'content-length': payload.length },
      timeout: timeoutMs,
    };
    const request = url.startsWith('https:')
      ? requestHttps(url, {
          ...options,
          ...(ca !== undefined && { ca, checkServerIdentity: () => undefined }),
        })
      : requestHttp(url, options);
    request.once('timeout', () => request.destroy(new Error('no answer')));
    request.once('error', reject);
    request.once('response', (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > maxAnswerBytes) request.destroy(new Error('the answer is too long'));
        chunks.push(chunk);
      });
      response.once('end', () => resolve({ status: response.statusCode!, body: Buffer.concat(chunks) }));
      response.once('error', reject);
    });
    request.end(payload);
  });
}
