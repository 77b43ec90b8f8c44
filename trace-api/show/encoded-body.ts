import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Context } from 'hono';
import { accepts } from 'hono/accepts';

/** A response's body, compressed once and not for every reader. */
export type EncodedBody = { plain: Uint8Array<ArrayBuffer>; gzipped: Uint8Array<ArrayBuffer>; etag: string };

const compress = promisify(gzip);

export async function encodeBody(body: string | Uint8Array): Promise<EncodedBody> {
  const plain = typeof body === 'string' ? new TextEncoder().encode(body) : new Uint8Array(body);
  // Weak, since both encodings have it (RFC 9110 section 8.8.1).
  const etag = `W/"${createHash('sha256').update(plain).digest('base64url').slice(0, 22)}"`;
  return { plain, gzipped: new Uint8Array(await compress(plain)), etag };
}

/** Answers in an encoding that the reader takes, or 304 where the reader has it. */
export function respondWithBody(
  c: Context,
  { plain, gzipped, etag }: EncodedBody,
  status: 200 | 404 = 200,
): Response {
  c.header('etag', etag);
  c.header('vary', 'Accept-Encoding', { append: true });
  if (status === 200 && c.req.header('if-none-match')?.includes(etag.slice(2))) return c.body(null, 304);
  const encoding = accepts(c, { header: 'Accept-Encoding', supports: ['gzip'], default: 'identity' });
  if (encoding !== 'gzip') return c.body(plain, status);
  c.header('content-encoding', 'gzip');
  return c.body(gzipped, status);
}
