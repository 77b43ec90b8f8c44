import { type Dispatcher, request } from 'undici';

/** What came back, whole. Header names are lower case. */
export type Reply = { status: number; headers: Record<string, string | undefined>; body: Uint8Array };

/** Why nothing came back. */
export type Trouble = { fault: 'unavailable' | 'slow' | 'malformed'; detail: string };

const slowCodes = new Set(['UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT']);

/** One request. Never rejects; follows no redirect; reads no more than `maxBytes`. */
export async function ask(
  url: string,
  options: {
    method: 'GET' | 'POST';
    headers: Record<string, string>;
    body?: string;
    /** of the whole exchange: an answer that trickles is cut, too */
    timeoutMs: number;
    maxBytes: number;
    dispatcher: Dispatcher;
  },
): Promise<Reply | Trouble> {
  const { method, headers, body, timeoutMs, maxBytes, dispatcher } = options;
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const answer = await request(url, { method, headers, body: body ?? null, signal, dispatcher });
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of answer.body as AsyncIterable<Uint8Array>) {
      size += chunk.length;
      // Leaving the loop destroys the stream, and with it the connection.
      if (size > maxBytes) return { fault: 'malformed', detail: `an answer of more than ${maxBytes} bytes` };
      chunks.push(chunk);
    }
    const flat = Object.entries(answer.headers).map(([name, value]) => [name, oneValue(value)] as const);
    return { status: answer.statusCode, headers: Object.fromEntries(flat), body: Buffer.concat(chunks) };
  } catch (error) {
    const { code, message } = error as Error & { code?: string };
    if (signal.aborted || slowCodes.has(code ?? '')) {
      return { fault: 'slow', detail: `no whole answer within ${timeoutMs} ms` };
    }
    return { fault: 'unavailable', detail: code ?? message };
  }
}

/** A header that came twice is none: nobody can say which of them was signed. */
function oneValue(value: string | string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
