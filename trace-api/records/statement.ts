import { randomBytes } from 'node:crypto';
import { canonicalize, decodeUtf8, utf8ToBytes } from '@tianyuan/protocol';
import { z } from 'zod';

/** A batch that lists a thousand devices has 70 KB; larger things travel by hash. */
export const maxStatementBytes = 256 * 1024;

/** What the platform says in its own log, without anybody's key: `by` asked for it. */
export type Statement = { name: string; by: string; body: object };

const envelope = z.strictObject({
  v: z.literal(1),
  statement: z.string().min(1).max(64),
  by: z.string().min(1).max(64),
  nonce: z.string().regex(/^[0-9a-f]{32}$/),
  body: z.record(z.string(), z.unknown()),
});

/** The payload of a statement entry: RFC 8785 form, with a 16-byte nonce in hex that keeps its hash from being guessed. */
export function encodeStatement({ name, by, body }: Statement): Uint8Array {
  const nonce = randomBytes(16).toString('hex');
  return utf8ToBytes(canonicalize({ v: 1, statement: name, by, nonce, body }));
}

/** Undefined for what is no statement of this form, such as those that gateways make. */
export function decodeStatement(payload: Uint8Array): Statement | undefined {
  let value: unknown;
  try {
    value = JSON.parse(decodeUtf8(payload));
  } catch {
    return undefined;
  }
  const parsed = envelope.safeParse(value);
  if (!parsed.success) return undefined;
  const { statement, by, body } = parsed.data;
  return { name: statement, by, body };
}
