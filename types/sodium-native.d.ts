// The package ships no types; these are the functions that this project calls.
declare module 'sodium-native' {
  const sodium: {
    crypto_sign_verify_detached(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean;
    /** @param secretKey libsodium's 64 bytes: seed ‖ public key */
    crypto_sign_detached(signature: Uint8Array, message: Uint8Array, secretKey: Uint8Array): void;
    crypto_hash_sha256(digest: Uint8Array, message: Uint8Array): void;
  };
  export default sodium;
}
