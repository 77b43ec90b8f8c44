import { readFileSync } from 'node:fs';
import { BackupError } from './backup-error.ts';
import type { Lock, Unlock } from './sealed-file.ts';

/** As they were typed, or set. */
export type Secrets = {
  passphraseFile?: string | undefined;
  recipient?: string | undefined;
  identityFile?: string | undefined;
};

/** Short ones are guessed: scrypt makes each guess dear, not impossible. */
export const shortestPassphrase = 12;

/** @throws BackupError */
export function readLock({ passphraseFile, recipient }: Secrets): Lock {
  if ((passphraseFile === undefined) === (recipient === undefined))
    throw new BackupError('give either a passphrase file or a recipient of age');
  if (recipient !== undefined) return { recipient };
  const passphrase = readSecret(passphraseFile!);
  if (passphrase.length >= shortestPassphrase) return { passphrase };
  throw new BackupError(`the passphrase has fewer than ${shortestPassphrase} characters: take a longer one`);
}

/** @throws BackupError */
export function readUnlock({ passphraseFile, identityFile }: Secrets): Unlock {
  if ((passphraseFile === undefined) === (identityFile === undefined))
    throw new BackupError('give either --passphrase-file or --identity-file');
  if (passphraseFile !== undefined) return { passphrase: readSecret(passphraseFile) };
  // age-keygen writes comments before it.
  const identity = readSecret(identityFile!)
    .split('\n')
    .find((line) => line.startsWith('AGE-SECRET-KEY-'));
  if (identity !== undefined) return { identity: identity.trim() };
  throw new BackupError(`${identityFile} holds no age identity: a line that begins with AGE-SECRET-KEY-1`);
}

function readSecret(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (cause) {
    throw new BackupError(`${file} cannot be read`, { cause });
  }
}
