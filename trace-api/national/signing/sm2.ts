import { hexToBytes } from '@tianyuan/protocol';
import { sm2 } from 'sm-crypto-v2';
import { decodeDer, encodeDer } from './der.ts';

/**
 * SM2 signatures with SM3, GB/T 32918.2-2016, on the curve of GB/T 32918.5-2017, by sm-crypto-v2. Node's own SM2 is not
 * used: OpenSSL takes the signer's id as a parameter of the context, node:crypto has no way to give it, and the id is
 * hashed into what is signed.
 */
export type Sm2Form = {
  /** the signer's distinguishing id; GM/T 0009 names 1234567812345678 where nothing else was agreed */
  userId: string;
  /** `rs`: r‖s, 64 bytes; `der`: GM/T 0009's SM2Signature */
  encoding: 'rs' | 'der';
};

/** @param privateKey 64 hex digits */
export function signSm2(privateKey: string, message: Uint8Array, { userId, encoding }: Sm2Form): Uint8Array {
  const options = { hash: true, userId, publicKey: sm2.getPublicKeyFromPrivateKey(privateKey) };
  const joined = hexToBytes(sm2.doSignature(new Uint8Array(message), privateKey, options));
  return encoding === 'der' ? encodeDer(joined) : joined;
}

/**
 * @param publicKey 130 hex digits, the uncompressed point
 * @returns false, never a throw, for whatever is no signature at all
 */
export function verifySm2(
  publicKey: string,
  message: Uint8Array,
  signature: Uint8Array,
  { userId, encoding }: Sm2Form,
): boolean {
  // The library's reader of DER lets bytes follow the signature, and its r‖s takes other lengths.
  const joined = encoding === 'der' ? decodeDer(signature) : signature;
  if (joined?.length !== 64) return false;
  const hex = Buffer.from(joined).toString('hex');
  try {
    return sm2.doVerifySignature(new Uint8Array(message), hex, publicKey, { hash: true, userId });
  } catch {
    return false; // r or s out of 1..n-1, or a public key off the curve
  }
}
