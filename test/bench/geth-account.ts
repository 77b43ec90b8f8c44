import { canHaveGeth, deriveAccounts, gethVersion } from '@tianyuan/chain';
import { JsonRpcProvider, NonceManager, type Signer, Wallet } from 'ethers';
import { startTestNetwork } from '../chain/geth.ts';

/** An account with money on a real geth Clique chain of one signer, which `close` takes away. Undefined where there is no geth. */
export async function openGethAccount(): Promise<
  { account: Signer; close: () => Promise<void> } | undefined
> {
  if (!(await canHaveGeth())) {
    process.stderr.write(
      `\n*** skipped: no geth. These rows need geth ${gethVersion} on the PATH, or Go to build it ***\n\n`,
    );
    return undefined;
  }
  const network = await startTestNetwork({ signers: 1 });
  const provider = new JsonRpcProvider(network.nodes[0]!.rpcUrl, network.chainId, {
    staticNetwork: true,
    pollingInterval: 100,
    cacheTimeout: -1,
  });
  const { admin } = deriveAccounts(network.mnemonic);
  return {
    account: new NonceManager(new Wallet(admin.privateKey, provider)),
    async close() {
      provider.destroy();
      await network.remove();
    },
  };
}
