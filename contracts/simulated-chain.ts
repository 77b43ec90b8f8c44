import {
  BrowserProvider,
  type Contract,
  ContractFactory,
  type InterfaceAbi,
  type JsonRpcSigner,
  type Signer,
} from 'ethers';
import { openHardhat } from './build.ts';

/** A London chain in this process, with ten funded accounts. */
export type SimulatedChain = {
  provider: BrowserProvider;
  accounts: JsonRpcSigner[];
  close: () => Promise<void>;
};

/** @param blockGasLimit what a block takes; Hardhat's own where absent */
export async function openSimulatedChain(blockGasLimit?: number): Promise<SimulatedChain> {
  const hardhat = await openHardhat();
  const connection = await hardhat.network.create({
    override: {
      hardfork: 'london',
      allowBlocksWithSameTimestamp: true,
      ...(blockGasLimit !== undefined && { blockGasLimit }),
    },
  });
  const provider = new BrowserProvider(connection.provider, undefined, {
    cacheTimeout: -1,
    pollingInterval: 10,
  });
  const accounts = (await provider.listAccounts()).slice(0, 10);
  return {
    provider,
    accounts,
    close: async () => {
      provider.destroy();
      await connection.close();
    },
  };
}

export async function deploy(
  build: { abi: InterfaceAbi; bytecode: string },
  deployer: Signer,
  ...args: unknown[]
): Promise<Contract> {
  const contract = await new ContractFactory(build.abi, build.bytecode, deployer).deploy(...args);
  await contract.waitForDeployment();
  return contract as Contract;
}
