import { parseEther } from 'ethers';
import { type NodeAddress, openNode } from './node.ts';
import { type TransactorOptions, openTransactor } from './transactor.ts';

/** Enough for an anchoring account of a local chain: some 10 million appends at 1 gwei. */
export const anchorerBalance = parseEther('1000');

/**
 * Sends each account what it lacks of `atLeast` wei.
 * @returns how many were sent something
 * @throws ChainError INSUFFICIENT_FUNDS and whatever sending meets
 */
export async function fundAccounts(
  options: NodeAddress & TransactorOptions & { privateKey: string; accounts: string[]; atLeast: bigint },
): Promise<number> {
  const node = openNode(options);
  try {
    const payer = openTransactor(node, options.privateKey, options);
    let funded = 0;
    for (const to of options.accounts) {
      const balance = await node.ask((provider) => provider.getBalance(to));
      if (balance >= options.atLeast) continue;
      await payer.confirm(await payer.send({ to, value: options.atLeast - balance }));
      funded += 1;
    }
    return funded;
  } finally {
    node.close();
  }
}
