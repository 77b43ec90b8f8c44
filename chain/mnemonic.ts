import { randomBytes } from 'node:crypto';
import { Mnemonic } from 'ethers';
import { readIfThere, writeAtomically } from './atomic-file.ts';
import { ChainError } from './chain-error.ts';

/** A new BIP 39 phrase of 12 words. */
export function newMnemonic(): string {
  return Mnemonic.entropyToPhrase(randomBytes(16));
}

/**
 * The phrase in a file; undefined where there is no file.
 * @throws ChainError ACCOUNT_UNREADABLE
 */
export async function readMnemonic(file: string): Promise<string | undefined> {
  const phrase = (await readIfThere(file))?.trim();
  if (phrase !== undefined && !Mnemonic.isValidMnemonic(phrase)) {
    throw new ChainError('ACCOUNT_UNREADABLE', `${file} holds no BIP 39 phrase: restore it from a backup`);
  }
  return phrase;
}

/** Writes a phrase for its owner's eyes only. */
export async function writeMnemonic(file: string, phrase: string): Promise<void> {
  await writeAtomically(file, `${phrase}\n`, { mode: 0o600 });
}
