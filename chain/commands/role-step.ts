import type { Command } from 'commander';
import { ChainError } from '../chain-error.ts';
import { contractsRelease } from '../contracts.ts';
import { type Deployment, readDeployment } from '../deployment.ts';
import { readKeyFile } from '../key-file.ts';
import { type ChainNode, openNode } from '../node.ts';
import type { RoleCall } from '../roles.ts';
import { type Transactor, openTransactor } from '../transactor.ts';

export type RoleFlags = {
  rpc: string;
  deployment: string;
  keyFile?: string;
  print?: boolean;
  gasPrice?: bigint;
};

type Opened = { node: ChainNode; deployment: Deployment; by: () => Promise<Transactor> };

/** The options of a command that reads who holds which role. */
export function withTarget(command: Command, defaultRpc: string): Command {
  return command
    .option('--rpc <url>', 'node to ask', defaultRpc)
    .option('--deployment <file>', 'deployment record', '.tianyuan/chain/deployment.json');
}

/** And of one that changes it, by an account whose key is in a file, or by one that only others hold the keys of. */
export function withActor(command: Command, defaultRpc: string): Command {
  return withTarget(command, defaultRpc)
    .option('--key-file <file>', "the acting account's private key, 0x and 64 hex digits")
    .option('--print', 'send nothing, print the call that a multi-signature account is to make')
    .option('--gas-price <wei>', 'fixed price; 0 on chains that charge nothing', BigInt);
}

/** @throws ChainError CONTRACT_OUTDATED where the record is of an earlier release, whose roles were others */
export async function openedFor(flags: RoleFlags, use: (opened: Opened) => Promise<void>): Promise<void> {
  const deployment = await readDeployment(flags.deployment);
  const node = openNode({ rpcUrl: flags.rpc, chainId: deployment.chainId });
  const by = async (): Promise<Transactor> => {
    const key = await readKeyFile(flags.keyFile, '--key-file');
    return openTransactor(node, key, flags.gasPrice === undefined ? {} : { gasPrice: flags.gasPrice });
  };
  try {
    requireRelease(deployment, flags.deployment);
    await use({ node, deployment, by });
  } finally {
    node.close();
  }
}

function requireRelease({ release = 1 }: Deployment, file: string): void {
  if (release === contractsRelease) return;
  throw new ChainError(
    'CONTRACT_OUTDATED',
    `the contracts that ${file} records are of release ${release}, whose roles are others: use the program that they were ` +
      'deployed with, or hand the logs over to the present release (`chain hand-over`)',
  );
}

/** A JSON line, as the transaction builders of multi-signature accounts take it. */
export function describeCall({ to, data }: RoleCall): string {
  return JSON.stringify({ to, value: '0', data });
}
