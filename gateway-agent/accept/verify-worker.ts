import { parentPort } from 'node:worker_threads';
import { loadNativeCrypto } from '../log/native-crypto.ts';
import { type Keyring, type Verdict, verifyMessage } from './verify-message.ts';

/**
 * What the agent posts: a new keyring, or a batch. A batch's payloads lie end to end in one buffer, since cloning a view
 * would clone the whole socket buffer behind it.
 */
export type WorkerRequest =
  { keyring: Keyring } | { batch: number; payloads: Uint8Array; lengths: number[]; identities: string[] };

/** `loaded` comes first, once. */
export type WorkerAnswer = 'loaded' | { batch: number; verdicts: Verdict[] };

const { verify } = await loadNativeCrypto();
let keyring: Keyring = new Map();

parentPort!.on('message', (request: WorkerRequest) => {
  if ('keyring' in request) {
    keyring = request.keyring;
    return;
  }
  const { batch, payloads, lengths, identities } = request;
  let offset = 0;
  const verdicts = lengths.map((length, i) => {
    const payload = payloads.subarray(offset, offset + length);
    offset += length;
    return verifyMessage(payload, identities[i]!, keyring, verify);
  });
  parentPort!.postMessage({ batch, verdicts } satisfies WorkerAnswer);
});
parentPort!.postMessage('loaded' satisfies WorkerAnswer);
