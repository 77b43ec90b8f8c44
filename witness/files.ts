import { readFileSync, writeFileSync } from 'node:fs';
import {
  encodeBase64,
  decodeBase64,
  newSecretKey,
  parseVerifierKey,
  publicKeyOf,
  signEd25519,
  signatureTypes,
} from '@tianyuan/protocol';
import { WitnessError } from './witness-error.ts';
import type { WitnessKey } from './witness-routes.ts';

/** Makes a secret key, base64 of 32 bytes, in a new file that only its owner reads. @throws WitnessError KEY_UNREADABLE */
export function writeNewKey(file: string): Uint8Array {
  const secret = newSecretKey();
  try {
    writeFileSync(file, `${encodeBase64(secret)}\n`, { mode: 0o600, flag: 'wx' });
  } catch (cause) {
    throw new WitnessError('KEY_UNREADABLE', `${file} can't be made: choose a name that is free`, { cause });
  }
  return publicKeyOf(secret);
}

/** @throws WitnessError KEY_UNREADABLE */
export function readKey(file: string, name: string): WitnessKey {
  try {
    const secret = decodeBase64(readFileSync(file, 'utf8').trim());
    if (secret.length !== 32) throw new Error(`it holds ${secret.length} bytes, not 32`);
    return { name, publicKey: publicKeyOf(secret), sign: (text) => signEd25519(secret, text) };
  } catch (cause) {
    throw new WitnessError(
      'KEY_UNREADABLE',
      `the key file ${file} can't be used: ${(cause as Error).message}; make one with \`witness key\``,
      { cause },
    );
  }
}

/**
 * The logs that are witnessed: one C2SP verifier key a line, its name being the log's origin; a log may have several.
 * Empty lines and lines that begin with # are passed over.
 * @throws WitnessError LOGS_UNREADABLE
 */
export function readLogs(file: string): Map<string, Uint8Array[]> {
  try {
    const logs = new Map<string, Uint8Array[]>();
    for (const line of readFileSync(file, 'utf8').split('\n')) {
      const text = line.trim();
      if (text === '' || text.startsWith('#')) continue;
      const { keyName, type, publicKey } = parseVerifierKey(text);
      if (type !== signatureTypes.ed25519) throw new Error(`the key of ${keyName} is not an Ed25519 log key`);
      logs.set(keyName, [...(logs.get(keyName) ?? []), publicKey]);
    }
    return logs;
  } catch (cause) {
    throw new WitnessError('LOGS_UNREADABLE', `${file} lists no logs: ${(cause as Error).message}`, {
      cause,
    });
  }
}
