import * as z from 'zod';
import { deviceIdSchema } from '../message/fields.ts';
import { ProtocolError } from '../protocol-error.ts';
import { claimTokenSchema } from './claim.ts';

const prefix = 'tianyuan:claim/v1?';
/** Fits a QR code that a phone reads from a terminal. */
const maxLength = 1024;

const provisioningSchema = z.strictObject({
  gateway: deviceIdSchema,
  device: deviceIdSchema,
  claim: claimTokenSchema,
  /** Unix seconds, from which on the token is worth nothing */
  expires: z.coerce.number().int().min(1),
  /** where the gateway speaks MQTT without and with TLS, and HTTP or HTTPS */
  mqtt: z.url({ protocol: /^mqtt$/ }).optional(),
  mqtts: z.url({ protocol: /^mqtts$/ }).optional(),
  http: z.url({ protocol: /^https?$/ }).optional(),
  /** SHA-256 of the DER of the gateway's authority, unpadded base64url: whom to trust over TLS */
  ca: z
    .string()
    .regex(/^[A-Za-z0-9_-]{43}$/)
    .optional(),
});

/** All that a device needs to find its gateway and to claim its place there. */
export type Provisioning = z.infer<typeof provisioningSchema>;

/** One line of ASCII, for a QR code or a serial console: a URI whose query has the members of {@link Provisioning}. */
export function formatProvisioning(provisioning: Provisioning): string {
  const members = Object.entries(provisioning).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${encodeURIComponent(value)}`],
  );
  return prefix + members.join('&');
}

/** @throws ProtocolError CLAIM, which names what is wrong */
export function parseProvisioning(text: string): Provisioning {
  const line = text.trim();
  if (!line.startsWith(prefix) || line.length > maxLength) {
    throw new ProtocolError('CLAIM', `no provisioning string: it begins with ${prefix}`);
  }
  let members: Record<string, string>;
  try {
    members = Object.fromEntries(
      line
        .slice(prefix.length)
        .split('&')
        .map((pair) => [
          pair.slice(0, pair.indexOf('=')),
          decodeURIComponent(pair.slice(pair.indexOf('=') + 1)),
        ]),
    );
  } catch (cause) {
    throw new ProtocolError('CLAIM', 'no provisioning string: a member cannot be decoded', { cause });
  }
  const parsed = provisioningSchema.safeParse(members);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new ProtocolError('CLAIM', `no provisioning string: ${issue!.path.join('.')}: ${issue!.message}`);
}
