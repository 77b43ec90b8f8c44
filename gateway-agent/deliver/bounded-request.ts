import { type Dispatcher, request } from 'undici';
import { GatewayError } from '../gateway-error.ts';

/** An answer is a few hundred bytes, a problem document some thousand. What is larger is no answer. */
const maxAnswerBytes = 64 * 1024;

export type Answer = { status: number; headers: Dispatcher.ResponseData['headers']; text: string };

type Post = { method: 'POST'; headers: Record<string, string>; body: string };

/**
 * Asks a server that may be anything: a hotel's sign-in page stands before it, or it says a byte now and then for ever.
 * @throws GatewayError UPLOAD for an answer that is too large; otherwise what undici throws
 */
export async function boundedRequest(
  address: string,
  { signal, timeoutMs, post }: { signal: AbortSignal; timeoutMs: number; post?: Post | undefined },
): Promise<Answer> {
  // Over all: between two bytes a server that drips would hold a request for ever.
  const bounded = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  const { statusCode, headers, body } = await request(address, {
    ...post,
    signal: bounded,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
  });
  return { status: statusCode, headers, text: await readBounded(body, address) };
}

/** What nobody says who is a trace API. */
export function noAnswer(address: string, what: string): GatewayError {
  return new GatewayError(
    'UPLOAD',
    `${address} answered with ${what}, which no trace API says: is that its address, and what stands before it?`,
  );
}

/** Undefined for what is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function readBounded(body: AsyncIterable<Uint8Array>, address: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > maxAnswerBytes) throw noAnswer(address, `more than ${maxAnswerBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
