import { decodeUtf8, readBounded } from '@tianyuan/protocol';

/** What a server answered; nothing of it is believed yet. */
export type Answer = { status: number; type: string; body: Uint8Array };

/** A trace API, by HTTP and nothing else. Rejects with {@link Unreachable}. */
export type TraceSource = {
  url: string;
  get: (path: string, accept?: string) => Promise<Answer>;
};

export type Ask = (url: string, init: RequestInit) => Promise<Response>;

/** Something that should be there does not answer, or not in the form that it should have. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable';
}

const timeoutMs = 20_000;
/** A page of 200 messages has at most 4.4 MB; a trace of many devices less. */
const maxAnswerBytes = 16 * 1024 * 1024;
const attempts = 3; // of one question: a dropped connection is no miss

/** @param ask `fetch`, or a test's own way to the same answers */
export function traceSource(url: string, signal: AbortSignal, ask: Ask = fetch): TraceSource {
  const base = url.replace(/\/$/, '');
  const once = async (path: string, accept: string): Promise<Answer> => {
    const response = await ask(base + path, {
      headers: { accept, 'cache-control': 'no-cache' },
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    });
    const body = await readBounded(response, maxAnswerBytes);
    if (body === undefined) throw new Unreachable(`${path} answers with more than ${maxAnswerBytes} bytes`);
    return { status: response.status, type: response.headers.get('content-type') ?? '', body };
  };
  return {
    url: base,
    async get(path, accept = '*/*') {
      for (let attempt = 1; ; attempt++) {
        try {
          return await once(path, accept);
        } catch (error) {
          signal.throwIfAborted();
          if (error instanceof Unreachable) throw error;
          if (attempt === attempts)
            throw new Unreachable(`${path} does not answer: ${(error as Error).message}`, { cause: error });
        }
      }
    },
  };
}

/** The text of a 200 of this type. @throws Unreachable */
export async function getText(source: TraceSource, path: string, type: string): Promise<string> {
  const answer = await source.get(path, type);
  if (answer.status !== 200) throw new Unreachable(`${path} answers ${answer.status}`);
  if (!answer.type.startsWith(type)) throw new Unreachable(`${path} answers ${answer.type}, not ${type}`);
  try {
    return decodeUtf8(answer.body);
  } catch (cause) {
    throw new Unreachable(`${path} is no UTF-8`, { cause });
  }
}

/** JSON of this form. @throws Unreachable */
export async function getJson<T>(
  source: TraceSource,
  path: string,
  schema: { safeParse: (value: unknown) => { success: true; data: T } | { success: false; error: Error } },
  type = 'application/json',
): Promise<T> {
  const text = await getText(source, path, type);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new Unreachable(`${path} is no JSON`, { cause });
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new Unreachable(`${path} has another form: ${parsed.error.message.slice(0, 300)}`);
}
