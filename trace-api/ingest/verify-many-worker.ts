import { parentPort } from 'node:worker_threads';
import { verifySignature } from './ed25519.ts';

/**
 * What the service posts: signatures to verify, end to end in one buffer, since cloning a view would clone the whole body
 * behind it. For each: 32 bytes of key, 64 of signature, and as many of message as `lengths` says.
 */
export type VerifyRequest = { batch: number; bytes: Uint8Array; lengths: number[] };

/** `loaded` comes first, once. */
export type VerifyAnswer = 'loaded' | { batch: number; valid: boolean[] };

parentPort!.on('message', ({ batch, bytes, lengths }: VerifyRequest) => {
  let offset = 0;
  const take = (length: number): Uint8Array => bytes.subarray(offset, (offset += length));
  const valid = lengths.map((length) => {
    const publicKey = take(32);
    const signature = take(64);
    return verifySignature(publicKey, take(length), signature);
  });
  parentPort!.postMessage({ batch, valid } satisfies VerifyAnswer);
});
parentPort!.postMessage('loaded' satisfies VerifyAnswer);
