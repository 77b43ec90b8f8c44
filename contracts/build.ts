import { fileURLToPath } from 'node:url';
import { createHardhatRuntimeEnvironment } from 'hardhat/hre';
import type { HardhatRuntimeEnvironment } from 'hardhat/types/hre';
import config from './hardhat.config.ts';

/** The contracts that are deployed, and whose build is checked in under `abi/`. */
export const deployedContracts = ['AnchorLog', 'DeviceRegistry'] as const;

/** What of a contract's build is checked in. */
export type ContractBuild = { contract: string; compiler: string; abi: readonly unknown[]; bytecode: string };

/** Hardhat on this workspace, wherever it is called from. */
export async function openHardhat(): Promise<HardhatRuntimeEnvironment> {
  return createHardhatRuntimeEnvironment(config, {}, fileURLToPath(new URL('.', import.meta.url)));
}

/** Compiles what changed since the last time, tests included. */
export async function compile(hardhat: HardhatRuntimeEnvironment): Promise<void> {
  await hardhat.tasks.getTask('build').run({ quiet: true });
}

/** A compiled contract in the form that is checked in. */
export async function readBuild(
  hardhat: HardhatRuntimeEnvironment,
  contract: string,
): Promise<ContractBuild> {
  const artifact: { abi: readonly unknown[]; bytecode: string } =
    await hardhat.artifacts.readArtifact(contract);
  const [compiler] = hardhat.config.solidity.profiles['default']!.compilers;
  return { contract, compiler: `solc ${compiler!.version}`, abi: artifact.abi, bytecode: artifact.bytecode };
}

export function abiFile(contract: string): URL {
  return new URL(`abi/${contract}.json`, import.meta.url);
}

export function formatBuild(build: ContractBuild): string {
  return `${JSON.stringify(build, null, 2)}\n`;
}
