import * as z from 'zod';
import { canonicalize } from '../canonical-json.ts';
import { utf8ToBytes } from '../encoding/bytes.ts';
import { counting, deviceIdSchema } from '../message/fields.ts';

/** Signed before the canonical form of a login, so that it is no message and no message is a login. */
export const sessionContext = 'tianyuan/session/v1\n';

/** What a person signs to log in. RFC 8785's order. */
export const loginSchema = z.strictObject({
  /** 32 random bytes in unpadded base64url, from the service, for this once */
  challenge: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
  /** which of the person's enrolled keys signs */
  key: counting,
  person: deviceIdSchema,
  /** the service's own address: whoever hands on another service's challenge gets nothing that is of use there */
  site: z.url({ protocol: /^https?$/ }).max(256),
});

export type Login = z.infer<typeof loginSchema>;

/** The bytes that the person's key signs. */
export function loginInput({ challenge, key, person, site }: Login): Uint8Array {
  return utf8ToBytes(sessionContext + canonicalize({ challenge, key, person, site }));
}
