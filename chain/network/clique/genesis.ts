import { concat, toQuantity } from 'ethers';

/** "ty" and 2. In no public list of chains. */
export const cliqueChainId = 0x7479_0002;

export type CliqueGenesisOptions = {
  chainId: number;
  /** addresses of the first signers */
  signers: string[];
  /** seconds between two blocks */
  periodSeconds: number;
  /** wei that addresses begin with */
  balances: { address: string; wei: bigint }[];
};

/** Of Ethereum's main network; `AnchorLog` needs 70,000 gas for an append. */
const gasLimit = 30_000_000;

/**
 * A genesis of Clique proof of authority (EIP-225) with all rules up to London, in geth's format. `extraData` is 32 bytes of
 * vanity, the signers in ascending order, and 65 bytes for a seal that the first block does not have.
 */
export function cliqueGenesis({ chainId, signers, periodSeconds, balances }: CliqueGenesisOptions): object {
  const atOnce = Object.fromEntries(
    [
      'homestead',
      'eip150',
      'eip155',
      'eip158',
      'byzantium',
      'constantinople',
      'petersburg',
      'istanbul',
      'berlin',
      'london',
    ].map((rules) => [`${rules}Block`, 0]),
  );
  const ascending = signers.map((address) => address.toLowerCase()).toSorted();
  return {
    config: { chainId, ...atOnce, clique: { period: periodSeconds, epoch: 30_000 } },
    difficulty: '0x1',
    gasLimit: toQuantity(gasLimit),
    extraData: concat([new Uint8Array(32), ...ascending, new Uint8Array(65)]),
    alloc: Object.fromEntries(
      balances.map(({ address, wei }) => [address.slice(2).toLowerCase(), { balance: toQuantity(wei) }]),
    ),
  };
}
