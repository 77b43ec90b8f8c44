/**
 * What is signed, docs/trace-china.md: one value a line, every line ended, so that no value can reach into the next. None
 * of them can hold a line feed: they are a header's value, a URL's path or hex.
 */
export function requestText(request: {
  method: 'GET' | 'POST';
  /** path and query as they are sent, percent-encoded */
  target: string;
  clientId: string;
  /** Unix ms, decimal */
  timestamp: string;
  /** 32 hex digits */
  nonce: string;
  /** hex of the body's digest, of no bytes where there is none */
  digest: string;
}): string {
  const { method, target, clientId, timestamp, nonce, digest } = request;
  return lines('TC1-REQUEST', method, target, clientId, timestamp, nonce, digest);
}

/** The nonce is the request's: it binds an answer to its question, so that no older answer can stand in for it. */
export function responseText(response: {
  status: number;
  keyId: string;
  timestamp: string;
  nonce: string;
  digest: string;
}): string {
  const { status, keyId, timestamp, nonce, digest } = response;
  return lines('TC1-RESPONSE', String(status), keyId, timestamp, nonce, digest);
}

function lines(...values: string[]): string {
  return values.map((value) => `${value}\n`).join('');
}
