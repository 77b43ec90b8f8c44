import { parseMessage } from '@tianyuan/protocol';
import sodium from 'sodium-native';
import { must, seconds } from './bench-row.ts';

/** Messages a second that one core verifies with nothing else around it. */
export function bareVerifyRate(publicKey: Uint8Array, payloads: readonly Uint8Array[]): number {
  const parsed = payloads.slice(0, 3000).map(parseMessage);
  for (const { signature, signedBytes } of parsed.slice(0, 200)) {
    must(sodium.crypto_sign_verify_detached(signature, signedBytes, publicKey), 'a signature');
  }
  const start = process.hrtime.bigint();
  for (const { signature, signedBytes } of parsed)
    sodium.crypto_sign_verify_detached(signature, signedBytes, publicKey);
  return parsed.length / seconds(start);
}
