import { closeSync, fsyncSync, linkSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { decodeBase64, encodeBase64, logIdHex, newSecretKey, publicKeyOf } from '@tianyuan/protocol';
import sodium from 'sodium-native';
import { ConfigError } from '../config.ts';

/** The platform's log by name, and the key that signs its checkpoints. */
export type PlatformKey = {
  origin: string;
  logId: string;
  /** 32 bytes */
  publicKey: Uint8Array;
  /** @returns 64 bytes */
  sign: (text: Uint8Array) => Uint8Array;
};

/** The key as a backup holds it. */
export type PlatformSeed = { origin: string; logId: string; seed: Uint8Array };

/** @throws ConfigError where the file is not the base64 of a 32-byte seed */
export function readPlatformSeed(origin: string, file: string): PlatformSeed {
  return { origin, logId: logIdHex(origin), seed: readSeed(file) };
}

/** @throws ConfigError where the file is not the base64 of a 32-byte seed */
export function readPlatformKey(origin: string, file: string): PlatformKey {
  const secretKey = readSeed(file);
  const publicKey = publicKeyOf(secretKey);
  const pair = Buffer.concat([secretKey, publicKey]);
  return {
    origin,
    logId: logIdHex(origin),
    publicKey,
    sign(text) {
      const signature = Buffer.alloc(64);
      sodium.crypto_sign_detached(signature, Buffer.from(text), pair);
      return signature;
    },
  };
}

/** Makes a key file of mode 0600, and never replaces one: two keys must not sign one log. @param secretKey 32-byte seed @returns the public key */
export function createPlatformKey(file: string, secretKey: Uint8Array = newSecretKey()): Uint8Array {
  const draft = `${file}.new`;
  rmSync(draft, { force: true });
  const descriptor = openSync(draft, 'wx', 0o600);
  writeSync(descriptor, `${encodeBase64(secretKey)}\n`);
  fsyncSync(descriptor);
  closeSync(descriptor);
  try {
    linkSync(draft, file);
  } catch (cause) {
    throw new ConfigError(`${file} is there already; a log's key is never replaced`, { cause });
  } finally {
    rmSync(draft);
  }
  const directory = openSync(dirname(file), 'r');
  fsyncSync(directory);
  closeSync(directory);
  return publicKeyOf(secretKey);
}

function readSeed(file: string): Uint8Array {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new ConfigError(`the key of the platform's log cannot be read: ${(cause as Error).message}`, {
      cause,
    });
  }
  try {
    const seed = decodeBase64(text.trim());
    if (seed.length === 32) return seed;
  } catch {
    // said below
  }
  throw new ConfigError(`${file} is not the base64 of 32 bytes; restore it from your backup`);
}
