import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { Decrypter, Encrypter } from 'age-encryption';
import { decodeBase64, encodeBase64, newSecretKey, publicKeyOf, signEd25519 } from '@tianyuan/protocol';
import { z } from 'zod';
import { LauncherError } from '../launcher-error.ts';

/** A person's key as a file, the "signing token": sealed by age (age-encryption.org/v1) under a passphrase, or plain. */
export type PersonKey = {
  person: string;
  /** its number in the registry */
  key: number;
  /** 32 bytes */
  publicKey: Uint8Array;
  sign: (input: Uint8Array) => Uint8Array;
};

const contentsSchema = z.strictObject({
  type: z.literal('tianyuan/person-key/v1'),
  person: z.string().regex(/^[a-z0-9._-]{1,64}$/),
  key: z.int().min(1),
  /** base64 of the 32-byte seed of RFC 8032 */
  secretKey: z.base64().length(44),
});

/** Short ones are guessed: scrypt makes each guess dear, not impossible. */
const shortestPassphrase = 12;

/** Every age file begins so. */
const ageHeader = 'age-encryption.org/';

/**
 * Makes a new key and keeps it in a file that was not there, for its owner's eyes, whole or not at all.
 * @throws LauncherError
 */
export async function makePersonKey(
  file: string,
  { person, key }: { person: string; key: number },
  passphrase: string | undefined,
): Promise<PersonKey> {
  if (existsSync(file)) throw new LauncherError(`${file} is there already: a key is never written over`);
  const secretKey = encodeBase64(newSecretKey());
  const parsed = contentsSchema.safeParse({ type: 'tianyuan/person-key/v1', person, key, secretKey });
  if (!parsed.success) throw new LauncherError(`no key was made: ${z.prettifyError(parsed.error)}`);
  const text = `${JSON.stringify(parsed.data)}\n`;
  writeNew(file, passphrase === undefined ? text : await seal(text, passphrase));
  return keyOf(parsed.data);
}

/** @throws LauncherError where the file is none, or another passphrase sealed it */
export async function readPersonKey(file: string, passphrase: string | undefined): Promise<PersonKey> {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (cause) {
    throw new LauncherError(`${file} cannot be read: ${(cause as Error).message}`, { cause });
  }
  const isSealed = bytes.subarray(0, ageHeader.length).toString() === ageHeader;
  if (isSealed && passphrase === undefined) {
    throw new LauncherError(`${file} is sealed: name the file with its passphrase, --passphrase-file`);
  }
  const text = isSealed ? await unseal(file, bytes, passphrase!) : bytes.toString();
  try {
    return keyOf(contentsSchema.parse(JSON.parse(text)));
  } catch (cause) {
    throw new LauncherError(`${file} holds no key of a person`, { cause });
  }
}

/** @throws LauncherError for one that is too short */
export function readPassphrase(file: string): string {
  let passphrase: string;
  try {
    passphrase = readFileSync(file, 'utf8').trim();
  } catch (cause) {
    throw new LauncherError(`the passphrase cannot be read: ${(cause as Error).message}`, { cause });
  }
  if (passphrase.length >= shortestPassphrase) return passphrase;
  throw new LauncherError(
    `the passphrase has fewer than ${shortestPassphrase} characters: take a longer one`,
  );
}

function keyOf({ person, key, secretKey }: z.infer<typeof contentsSchema>): PersonKey {
  const seed = decodeBase64(secretKey);
  return { person, key, publicKey: publicKeyOf(seed), sign: (input) => signEd25519(seed, input) };
}

async function seal(text: string, passphrase: string): Promise<Uint8Array> {
  const encrypter = new Encrypter();
  encrypter.setPassphrase(passphrase);
  // OWASP's for scrypt, and half of age's own: this is opened for every signature.
  encrypter.setScryptWorkFactor(17);
  return encrypter.encrypt(text);
}

async function unseal(file: string, bytes: Uint8Array, passphrase: string): Promise<string> {
  const decrypter = new Decrypter();
  decrypter.addPassphrase(passphrase);
  try {
    return await decrypter.decrypt(bytes, 'text');
  } catch (cause) {
    throw new LauncherError(`${file} cannot be opened: another passphrase sealed it, or it is damaged`, {
      cause,
    });
  }
}

function writeNew(file: string, content: string | Uint8Array): void {
  const draft = `${file}.partial`;
  rmSync(draft, { force: true });
  const descriptor = openSync(draft, 'wx', 0o600);
  try {
    writeSync(descriptor, typeof content === 'string' ? Buffer.from(content) : content);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  renameSync(draft, file);
}
