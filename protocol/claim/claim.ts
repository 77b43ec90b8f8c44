import * as z from 'zod';
import { canonicalize } from '../canonical-json.ts';
import { isAcceptablePublicKey, verifyEd25519 } from '../ed25519.ts';
import { decodeBase64, decodeBase64url, encodeBase64url } from '../encoding/base64.ts';
import { decodeUtf8, utf8ToBytes } from '../encoding/bytes.ts';
import { deviceIdSchema } from '../message/fields.ts';

/** Signed before the canonical form of a claim. */
export const claimContext = 'tianyuan/claim/v1\n';
/** A key, a token, and at most one certificate request of a few hundred bytes. */
export const maxClaimBytes = 4 * 1024;

/** 32 random bytes in unpadded base64url: what an owner gives a device on its way. */
export const claimTokenSchema = z.string().regex(/^[A-Za-z0-9_-]{43}$/);

const base64 = z.base64().max(2048);

export const claimSchema = z.strictObject({
  v: z.literal(1),
  device: deviceIdSchema,
  claim: claimTokenSchema,
  /** standard base64 of the device's 32-byte Ed25519 public key */
  publicKey: z.base64().length(44),
  /** standard base64 of a PKCS #10 request in DER, where the device wants a certificate rather than a token */
  csr: base64.optional(),
  /** the last message that the device signed with the key that this one takes over from, where it had one */
  last: z.strictObject({ boot: z.int().min(1), seq: z.int().min(1) }).optional(),
  sig: z.string().length(86),
});

/** What a device shows to be let in: who it is, the token that it was given, and its own key, which signs all of it. */
export type Claim = z.infer<typeof claimSchema>;

export type ParsedClaim = { claim: Claim; publicKey: Uint8Array; csr: Uint8Array | undefined };

/** Why a claim is refused. */
export const claimRefusals = [
  /** not a claim as section 10 of the protocol has it, or too large */
  'MALFORMED',
  /** not signed by the key that it shows */
  'BAD_SIGNATURE',
  /** the key is of small or mixed order, or not canonical */
  'UNACCEPTABLE_KEY',
  /** no such token was given out for this device, or it was withdrawn */
  'UNKNOWN_CLAIM',
  'EXPIRED',
  /** another key has shown the token before */
  'TAKEN',
  /** the device has used what it got for the token */
  'USED',
  /** the key belongs to somebody already */
  'KEY_CONFLICT',
  /** the certificate request is not one, or names somebody else */
  'BAD_REQUEST',
  /** this gateway issues no certificates: ask for a token */
  'NO_CERTIFICATES',
] as const;

export type ClaimRefusal = (typeof claimRefusals)[number];

/** What the gateway answers. */
export const claimAnswerSchema = z.discriminatedUnion('state', [
  z.strictObject({ v: z.literal(1), device: deviceIdSchema, state: z.literal('waiting') }),
  z.strictObject({
    v: z.literal(1),
    device: deviceIdSchema,
    state: z.literal('approved'),
    /** the number of the device's key, for its messages */
    key: z.int().min(1),
    /** the MQTT password, where no certificate was asked for */
    token: z.string().optional(),
    /** PEM, where one was */
    certificate: z.string().optional(),
  }),
  z.strictObject({
    v: z.literal(1),
    device: deviceIdSchema,
    state: z.literal('refused'),
    code: z.enum(claimRefusals),
    detail: z.string(),
  }),
]);

export type ClaimAnswer = z.infer<typeof claimAnswerSchema>;

/** Signs a claim and returns the bytes that are sent. */
export function signClaim(
  unsigned: Omit<Claim, 'sig' | 'v'>,
  sign: (input: Uint8Array) => Uint8Array,
): Uint8Array {
  const body = { v: 1, ...unsigned };
  const sig = encodeBase64url(sign(utf8ToBytes(claimContext + canonicalize(body))));
  return utf8ToBytes(canonicalize({ ...body, sig }));
}

/**
 * A claim whose signature fits the key that it shows: possession is proven, nothing else is decided.
 * @returns the refusal where it is none
 */
export function openClaim(
  payload: Uint8Array,
): ParsedClaim | { refusal: 'MALFORMED' | 'UNACCEPTABLE_KEY' | 'BAD_SIGNATURE'; detail: string } {
  if (payload.length > maxClaimBytes) {
    return { refusal: 'MALFORMED', detail: `a claim has at most ${maxClaimBytes} bytes` };
  }
  const read = readClaim(payload);
  if ('refusal' in read) return read;
  const { claim, publicKey, csr, signature } = read;
  if (!isAcceptablePublicKey(publicKey)) {
    return { refusal: 'UNACCEPTABLE_KEY', detail: 'no acceptable Ed25519 public key: make another' };
  }
  const { sig: _, ...unsigned } = claim;
  if (!verifyEd25519(publicKey, utf8ToBytes(claimContext + canonicalize(unsigned)), signature)) {
    return { refusal: 'BAD_SIGNATURE', detail: 'not signed by the key that it shows' };
  }
  return { claim, publicKey, csr };
}

function readClaim(
  payload: Uint8Array,
): (ParsedClaim & { signature: Uint8Array }) | { refusal: 'MALFORMED'; detail: string } {
  let text: string;
  let value: unknown;
  try {
    text = decodeUtf8(payload);
    value = JSON.parse(text);
  } catch {
    return { refusal: 'MALFORMED', detail: 'not JSON in UTF-8' };
  }
  const parsed = claimSchema.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return { refusal: 'MALFORMED', detail: `${issue!.path.join('.') || 'claim'}: ${issue!.message}` };
  }
  const claim = parsed.data;
  if (canonicalize(claim) !== text)
    return { refusal: 'MALFORMED', detail: 'not its own RFC 8785 canonical form' };
  try {
    return {
      claim,
      publicKey: decodeBase64(claim.publicKey),
      csr: claim.csr === undefined ? undefined : decodeBase64(claim.csr),
      signature: decodeBase64url(claim.sig),
    };
  } catch {
    return { refusal: 'MALFORMED', detail: 'a member is not canonical base64' };
  }
}
