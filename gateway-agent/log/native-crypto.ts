import { hash } from 'node:crypto';
import { signEd25519, verifyEd25519 } from '@tianyuan/protocol/ed25519.ts';

/** Cryptography as fast as this machine can: libsodium where it has a prebuilt, Node's and the portable one elsewhere. */
export type NativeCrypto = {
  /** whether libsodium was found */
  native: boolean;
  verify: (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array) => boolean;
  /** @param secretKey 32-byte seed, with its 32-byte public key */
  sign: (secretKey: Uint8Array, publicKey: Uint8Array, message: Uint8Array) => Uint8Array;
  sha256: (message: Uint8Array) => Uint8Array;
};

export async function loadNativeCrypto(): Promise<NativeCrypto> {
  let sodium: typeof import('sodium-native').default;
  try {
    ({ default: sodium } = await import('sodium-native'));
  } catch {
    return {
      native: false,
      verify: verifyEd25519,
      sign: (secretKey, _, message) => signEd25519(secretKey, message),
      sha256: (message) => hash('sha256', message, 'buffer'),
    };
  }
  return {
    native: true,
    verify: (publicKey, message, signature) =>
      signature.length === 64 && sodium.crypto_sign_verify_detached(signature, message, publicKey),
    sign(secretKey, publicKey, message) {
      const signature = Buffer.allocUnsafe(64);
      sodium.crypto_sign_detached(signature, message, Buffer.concat([secretKey, publicKey]));
      return signature;
    },
    sha256(message) {
      // From Node's pool: allocating 32 bytes of their own would cost as much again as hashing.
      const digest = Buffer.allocUnsafe(32);
      sodium.crypto_hash_sha256(digest, message);
      return digest;
    },
  };
}
