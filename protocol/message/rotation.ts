import * as z from 'zod';
import { canonicalize } from '../canonical-json.ts';
import { isAcceptablePublicKey, verifyEd25519 } from '../ed25519.ts';
import { decodeBase64url, encodeBase64url } from '../encoding/base64.ts';
import { utf8ToBytes } from '../encoding/bytes.ts';
import { counting, deviceIdSchema, natural } from './fields.ts';

/** Signed before the canonical form of a rotation by the key that it brings. */
export const rotationContext = 'tianyuan/rotation/v1\n';

/**
 * The next key of a device or a person, and where the last one ends. Number `key` follows number `key` − 1, whose last
 * message is (`lastBoot`, `lastSeq`): later ones of it are not to be believed. RFC 8785's order.
 */
export const rotationSchema = z.strictObject({
  /** whose key; also a person's id */
  device: deviceIdSchema,
  /** the new key's number */
  key: counting.min(2),
  lastBoot: counting,
  /** 0 where the old key signed nothing in its last boot */
  lastSeq: natural,
  /** the new key's signature over {@link rotationProofInput}, base64url: whoever asks for the key has it */
  proof: z.string().length(86),
  /** the new key, 32 bytes in unpadded base64url */
  publicKey: z.string().length(43),
});

export type Rotation = z.infer<typeof rotationSchema>;
export type UnprovenRotation = Omit<Rotation, 'proof'>;

/** The bytes that the new key signs. */
export function rotationProofInput({
  device,
  key,
  lastBoot,
  lastSeq,
  publicKey,
}: UnprovenRotation): Uint8Array {
  return utf8ToBytes(rotationContext + canonicalize({ device, key, lastBoot, lastSeq, publicKey }));
}

/** @param sign with the new key */
export function proveRotation(rotation: UnprovenRotation, sign: (input: Uint8Array) => Uint8Array): Rotation {
  return { ...rotation, proof: encodeBase64url(sign(rotationProofInput(rotation))) };
}

/**
 * Whether the new key may be enrolled, and its owner asked for that: else somebody could claim a key whose messages are
 * another's. False, never a throw, for strings that are no base64url.
 */
export function isRotationProven(rotation: Rotation, verify = verifyEd25519): boolean {
  let publicKey: Uint8Array;
  let proof: Uint8Array;
  try {
    publicKey = decodeBase64url(rotation.publicKey);
    proof = decodeBase64url(rotation.proof);
  } catch {
    return false;
  }
  return isAcceptablePublicKey(publicKey) && verify(publicKey, rotationProofInput(rotation), proof);
}
