import { closeSync, fsyncSync, linkSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { decodeBase64, encodeBase64, newSecretKey, publicKeyOf } from '@tianyuan/protocol';
import { GatewayError } from '../gateway-error.ts';
import { succeedInstead } from './restoration.ts';
import { type Store, readSetting, writeSetting } from '../keep/store.ts';

export const keyFileName = 'gateway.key';

export type GatewayKey = { secretKey: Uint8Array; publicKey: Uint8Array };

/**
 * The key that signs this gateway's checkpoints: `gateway.key` in the data directory, base64 of the 32-byte seed, mode
 * 0600, made at the first start. The store remembers its public half: two keys must never sign one log, so a lost key is
 * not made again. Losing it means a new log (closeLog and a successor), so back it up.
 * @throws GatewayError KEY_FILE
 */
export function loadGatewayKey(dataDir: string, store: Store): GatewayKey {
  const file = join(dataDir, keyFileName);
  const known = readSetting(store, 'publicKey');
  const secretKey = readGatewayKey(file) ?? (known === undefined ? createKey(file) : undefined);
  if (secretKey === undefined) {
    throw new GatewayError(
      'KEY_FILE',
      `${file} is gone, and this store's log was signed with it; ${restoreOrSucceed}`,
    );
  }
  const publicKey = publicKeyOf(secretKey);
  if (known === undefined) writeSetting(store, 'publicKey', encodeBase64(publicKey));
  else if (known !== encodeBase64(publicKey)) {
    throw new GatewayError(
      'KEY_FILE',
      `${file} is not the key that this store's log was signed with; ${restoreOrSucceed}`,
    );
  }
  return { secretKey, publicKey };
}

const restoreOrSucceed = `restore it from your backup, or ${succeedInstead}`;

/** The seed in a key file; undefined where there is none. @throws GatewayError KEY_FILE */
export function readGatewayKey(file: string): Uint8Array | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new GatewayError('KEY_FILE', `cannot read the gateway's key ${file}`, { cause: error });
  }
  try {
    const key = decodeBase64(text.trim());
    if (key.length === 32) return key;
  } catch {
    // said below
  }
  throw new GatewayError('KEY_FILE', `${file} is not the base64 of 32 bytes; restore it from your backup`);
}

function createKey(file: string): Uint8Array {
  const key = newSecretKey();
  writeKeyFile(file, key);
  return key;
}

/** Makes a key file. @param key 32-byte seed @throws where there is one already: a key is never replaced */
export function writeKeyFile(file: string, key: Uint8Array): void {
  // Written aside, synced and linked: a power cut leaves a whole key or none, and a key that is there is never replaced.
  const draft = `${file}.new`;
  rmSync(draft, { force: true });
  const descriptor = openSync(draft, 'wx', 0o600);
  writeSync(descriptor, `${encodeBase64(key)}\n`);
  fsyncSync(descriptor);
  closeSync(descriptor);
  linkSync(draft, file);
  rmSync(draft);
  // Its name too must be on disk before anything that it signed can leave.
  const directory = openSync(dirname(file), 'r');
  fsyncSync(directory);
  closeSync(directory);
}
