import { readBounded } from '../encoding/read-bounded.ts';
import { ProtocolError } from '../protocol-error.ts';

/** One Ethereum JSON-RPC call. Rejects where the node cannot be asked; null is an answer. */
export type JsonRpc = (method: string, params: unknown[]) => Promise<unknown>;

const maxAnswerBytes = 4 * 1024 * 1024; // a receipt is a few KB; a hostile node shall not fill a phone's memory

/**
 * JSON-RPC over `fetch`, as it is in Node and in every browser.
 * @throws ProtocolError RPC, which names the URL and what went wrong
 */
export function jsonRpcOver(url: string, timeoutMs = 10_000): JsonRpc {
  let id = 0;
  return async (method, params) => {
    id += 1;
    let text: string;
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ jsonrpc: '2.0', id, method, params }),
        signal: AbortSignal.timeout(timeoutMs),
      });
      const body = await readBounded(response, maxAnswerBytes);
      if (body === undefined) throw new ProtocolError('RPC', `${url} answers with too much`);
      text = new TextDecoder().decode(body);
    } catch (cause) {
      if (cause instanceof ProtocolError) throw cause;
      throw new ProtocolError('RPC', `${url} does not answer`, { cause });
    }
    const answer = parseAnswer(url, text);
    if (answer.error !== undefined && answer.error !== null) {
      throw new ProtocolError('RPC', `${url} refuses ${method}: ${describeFailure(answer.error)}`);
    }
    return answer.result;
  };
}

function parseAnswer(url: string, text: string): { result?: unknown; error?: unknown } {
  try {
    const answer: unknown = JSON.parse(text);
    if (typeof answer === 'object' && answer !== null) return answer;
  } catch {
    // said below
  }
  throw new ProtocolError('RPC', `${url} does not speak JSON-RPC`);
}

/** What went wrong, of whatever a node answered or a caller's own {@link JsonRpc} rejected with. */
export function describeFailure(error: unknown): string {
  const message = (error as { message?: unknown } | null | undefined)?.message;
  return typeof message === 'string' ? message : (JSON.stringify(error) ?? 'nothing');
}
