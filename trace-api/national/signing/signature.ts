import { createPrivateKey, createPublicKey, hash, sign, verify } from 'node:crypto';
import { decodeBase64, encodeBase64 } from '@tianyuan/protocol';
import { type Sm2Form, signSm2, verifySm2 } from './sm2.ts';

export const algorithms = ['SM2-SM3', 'RSA-SHA256'] as const;
export type Algorithm = (typeof algorithms)[number];

/** SM2: 64 hex digits; RSA: PKCS #8 PEM. */
export type SigningKey = { algorithm: Algorithm; keyId: string; privateKey: string };

/** SM2: 130 hex digits; RSA: SubjectPublicKeyInfo PEM. */
export type TrustedKey = { algorithm: Algorithm; keyId: string; publicKey: string };

/** Hex of the digest that goes with the algorithm. OpenSSL's SM3, which Node 24 has. */
export function digestOf(algorithm: Algorithm, body: Uint8Array): string {
  return hash(algorithm === 'SM2-SM3' ? 'sm3' : 'sha256', body, 'hex');
}

/** @returns the signature as it stands in a header, base64; RSA is PKCS #1 v1.5 */
export function signText(key: SigningKey, form: Sm2Form, text: string): string {
  const message = Buffer.from(text);
  return encodeBase64(
    key.algorithm === 'SM2-SM3'
      ? signSm2(key.privateKey, message, form)
      : sign('sha256', message, createPrivateKey(key.privateKey)),
  );
}

/** @returns false, never a throw, for whatever is no signature at all */
export function verifyText(key: TrustedKey, form: Sm2Form, text: string, signature: string): boolean {
  const message = Buffer.from(text);
  let bytes: Uint8Array;
  try {
    bytes = decodeBase64(signature);
  } catch {
    return false;
  }
  return key.algorithm === 'SM2-SM3'
    ? verifySm2(key.publicKey, message, bytes, form)
    : verify('sha256', message, createPublicKey(key.publicKey), bytes);
}
