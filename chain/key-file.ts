import { readFile } from 'node:fs/promises';
import { ChainError } from './chain-error.ts';

/**
 * An account's private key from its file: secrets are files, never flags.
 * @param flag named where it is missing or cannot be read
 * @throws ChainError ACCOUNT_UNREADABLE
 */
export async function readKeyFile(file: string | undefined, flag: string): Promise<string> {
  if (file === undefined) throw new ChainError('ACCOUNT_UNREADABLE', `whose account? Give ${flag}`);
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (cause) {
    throw new ChainError('ACCOUNT_UNREADABLE', `the key file ${file} can't be read: correct ${flag}`, {
      cause,
    });
  }
}
