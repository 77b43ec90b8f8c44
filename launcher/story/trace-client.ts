import { request } from 'undici';
import { LauncherError } from '../launcher-error.ts';

/** The trace API as the demonstration's people and its owner talk to it. */
export type TraceClient = {
  /** A write by the owner. `what` names it for the reader of an error; it is also the idempotency key. */
  write: (method: 'PUT' | 'POST', path: string, body: unknown, what: string) => Promise<unknown>;
  /** A file, by the owner. */
  upload: (
    method: 'PUT' | 'POST',
    path: string,
    bytes: Uint8Array,
    mediaType: string,
    what: string,
  ) => Promise<unknown>;
  /** What somebody signed. @returns the record's index */
  message: (payload: Uint8Array, what: string) => Promise<number>;
};

export function traceClient(url: string, ownerToken: string): TraceClient {
  async function send(
    method: 'PUT' | 'POST',
    path: string,
    body: Uint8Array | string,
    what: string,
    headers: Record<string, string>,
  ): Promise<unknown> {
    const response = await request(url + path, { method, headers, body });
    const text = await response.body.text();
    if (response.statusCode >= 300) {
      throw new LauncherError(`the trace API refused ${what} with ${response.statusCode}: ${text}`);
    }
    return text === '' ? undefined : JSON.parse(text);
  }
  const owner = (what: string) => ({
    authorization: `Bearer ${ownerToken}`,
    'x-idempotency-key': `story:${encodeURIComponent(what)}`,
  });
  return {
    write: (method, path, body, what) =>
      send(method, path, JSON.stringify(body), what, { ...owner(what), 'content-type': 'application/json' }),
    upload: (method, path, bytes, mediaType, what) =>
      send(method, path, bytes, what, { ...owner(what), 'content-type': mediaType }),
    async message(payload, what) {
      const answer = await send('POST', '/api/v1/messages', payload, what, {
        'content-type': 'application/json',
      });
      return (answer as { index: number }).index;
    },
  };
}
