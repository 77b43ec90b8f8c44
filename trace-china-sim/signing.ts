import { createHash, createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import { sm2, sm3 } from 'sm-crypto-v2';

/** Signing as docs/trace-china.md says it, written from that document and not from the client's code. */
export type Algorithm = 'SM2-SM3' | 'RSA-SHA256';
export type Encoding = 'rs' | 'der';

/** SM2: hex, the private key 32 bytes and the public one 65; RSA: PEM. */
export type KeyPair = { keyId: string; algorithm: Algorithm; privateKey: string; publicKey: string };
export type PublicKey = Omit<KeyPair, 'privateKey'>;

export const userId = '1234567812345678';

export function digestHex(algorithm: Algorithm, body: Uint8Array): string {
  return algorithm === 'SM2-SM3'
    ? sm3(new Uint8Array(body))
    : createHash('sha256').update(body).digest('hex');
}

/** @returns base64 of r‖s, of DER, or of PKCS #1 */
export function signText(key: KeyPair, encoding: Encoding, text: string): string {
  if (key.algorithm === 'RSA-SHA256') {
    return sign('sha256', Buffer.from(text), createPrivateKey(key.privateKey)).toString('base64');
  }
  const options = { hash: true, userId, der: encoding === 'der', publicKey: key.publicKey };
  const hex = sm2.doSignature(new Uint8Array(Buffer.from(text)), key.privateKey, options);
  return Buffer.from(hex, 'hex').toString('base64');
}

export function verifyText(key: PublicKey, encoding: Encoding, text: string, signature: string): boolean {
  const bytes = Buffer.from(signature, 'base64');
  try {
    if (key.algorithm === 'RSA-SHA256') {
      return verify('sha256', Buffer.from(text), createPublicKey(key.publicKey), bytes);
    }
    const options = { hash: true, userId, der: encoding === 'der' };
    const message = new Uint8Array(Buffer.from(text));
    return sm2.doVerifySignature(message, bytes.toString('hex'), key.publicKey, options);
  } catch {
    return false; // bytes that are no signature at all
  }
}
