import { type LocalAccounts, deriveAccounts } from './accounts.ts';
import { ChainError } from './chain-error.ts';
import { readMnemonic } from './mnemonic.ts';

/** The accounts of a phrase in a file. @throws ChainError ACCOUNT_UNREADABLE */
export async function readAccounts(mnemonicFile: string | undefined): Promise<LocalAccounts | undefined> {
  if (mnemonicFile === undefined) return undefined;
  const mnemonic = await readMnemonic(mnemonicFile);
  if (mnemonic !== undefined) return deriveAccounts(mnemonic);
  throw new ChainError(
    'ACCOUNT_UNREADABLE',
    `there is no phrase at ${mnemonicFile}: run \`chain up\` once, or name its file`,
  );
}
