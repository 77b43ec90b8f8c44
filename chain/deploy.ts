import { AnchorLog, DeviceRegistry } from '@tianyuan/contracts';
import { type InterfaceAbi, Interface, keccak256 } from 'ethers';
import { beginAdminTransfer } from './admin-transfer.ts';
import { readIfThere } from './atomic-file.ts';
import { ChainError } from './chain-error.ts';
import { abiVersions, contractsRelease } from './contracts.ts';
import { type Deployment, readDeployment, writeDeployment } from './deployment.ts';
import { type ChainNode, type NodeAddress, openNode } from './node.ts';
import { type RoleHolders, grantRoles } from './roles.ts';
import { type Transactor, type TransactorOptions, openTransactor } from './transactor.ts';

export type DeployOptions = NodeAddress &
  TransactorOptions & {
    /** the deployment record: read if it is there, written if something was deployed */
    file: string;
    /** of the account that deploys and is admin until it hands over, 0x and 64 hex digits */
    privateKey: string;
    roles?: RoleHolders;
    /** named as the next admin of AnchorLog at the end, where it is not the deploying account; it has to accept */
    admin?: string;
    /** how long a new admin waits between being named and taking over, in seconds; default a day */
    adminDelaySeconds?: number;
    /** deploys anew where the record is of a chain that is gone, or of an earlier release; else that is refused */
    replace?: boolean;
    /** of the earlier release on the same chain whose logs will be handed over to this one */
    predecessor?: Deployment;
  };

export type DeployResult = {
  deployment: Deployment;
  /** redeployed: the chain does not have what the record says, or an earlier release; logs start from nothing there */
  outcome: 'reused' | 'deployed' | 'redeployed';
  grants: number;
  /** when the account named as admin may accept, Unix ms; undefined where nobody is to */
  acceptFromMs: number | undefined;
};

/** Long enough for the other organisations to see an admin's change coming, and to object. */
const aDaySeconds = 86_400;

/**
 * Both contracts, on the chain and in the record, with their roles granted. Doing it again does nothing.
 * @throws ChainError DEPLOYMENT_OF_OTHER_CHAIN, CONTRACT_OUTDATED, MISSING_ROLE and whatever sending meets
 */
export async function deployContracts(options: DeployOptions): Promise<DeployResult> {
  const node = openNode(options);
  try {
    const deployer = openTransactor(node, options.privateKey, options);
    const known = await findDeployment(node, options);
    const deployment = known.deployment ?? (await deployBoth(node, deployer, options, known.predecessor));
    if (known.deployment === undefined) await writeDeployment(options.file, deployment);
    const grants = await grantRoles(node, deployer, deployment, options.roles ?? {});
    const { admin } = options;
    const isHandedOver = admin !== undefined && admin.toLowerCase() !== deployer.address.toLowerCase();
    const acceptFromMs = isHandedOver
      ? await beginAdminTransfer(node, deployer, deployment, admin)
      : undefined;
    return { deployment, outcome: known.outcome, grants, acceptFromMs };
  } finally {
    node.close();
  }
}

/** What of the record still holds on this chain. */
async function findDeployment(
  node: ChainNode,
  { file, replace = false }: DeployOptions,
): Promise<{ deployment?: Deployment; predecessor?: string; outcome: DeployResult['outcome'] }> {
  if ((await readIfThere(file)) === undefined) return { outcome: 'deployed' };
  const recorded = await readDeployment(file);
  if (await isThere(node, recorded)) {
    if (hasKnownAbi(recorded)) return { deployment: recorded, outcome: 'reused' };
    if (replace) return { predecessor: recorded.anchorLog.address, outcome: 'redeployed' };
    throw outdated(recorded, file);
  }
  if (!replace) {
    throw new ChainError(
      'DEPLOYMENT_OF_OTHER_CHAIN',
      `the chain at ${node.rpcUrl} has not the contracts that ${file} records: correct the address of the node, or, if ` +
        'that chain is gone, deploy with --replace',
    );
  }
  return { outcome: 'redeployed' };
}

/** Whether a chain is the recorded one and has the recorded code. */
async function isThere(node: ChainNode, recorded: Deployment): Promise<boolean> {
  const genesisHash = await readGenesisHash(node);
  if (recorded.chainId !== node.chainId || recorded.genesisHash !== genesisHash) return false;
  for (const { address, codeHash } of [recorded.anchorLog, recorded.deviceRegistry]) {
    if (keccak256(await node.ask((provider) => provider.getCode(address))) !== codeHash) return false;
  }
  return true;
}

function hasKnownAbi({ anchorLog, deviceRegistry }: Deployment): boolean {
  return (
    anchorLog.abiVersion === abiVersions.anchorLog && deviceRegistry.abiVersion === abiVersions.deviceRegistry
  );
}

function outdated({ anchorLog, release = 1 }: Deployment, file: string): ChainError {
  return new ChainError(
    'CONTRACT_OUTDATED',
    `the contracts that ${file} records are of release ${release} (ABI ${anchorLog.abiVersion}), this program speaks to ` +
      `release ${contractsRelease} (ABI ${abiVersions.anchorLog}): use the program that they were deployed with, or deploy ` +
      'the new release beside them and hand the logs over (`chain deploy --predecessor`, `chain hand-over`)',
  );
}

async function deployBoth(
  node: ChainNode,
  deployer: Transactor,
  { adminDelaySeconds = aDaySeconds, predecessor: named }: DeployOptions,
  replaced: string | undefined,
): Promise<Deployment> {
  const anchorLog = await deployOne(node, deployer, AnchorLog, [deployer.address, adminDelaySeconds]);
  const deviceRegistry = await deployOne(node, deployer, DeviceRegistry, [anchorLog.address]);
  const predecessor = named?.anchorLog.address ?? replaced;
  return {
    version: 1,
    chainId: node.chainId,
    genesisHash: await readGenesisHash(node),
    anchorLog: { ...anchorLog, abiVersion: abiVersions.anchorLog },
    deviceRegistry: { ...deviceRegistry, abiVersion: abiVersions.deviceRegistry },
    release: contractsRelease,
    ...(predecessor !== undefined && { predecessor }),
  };
}

async function deployOne(
  node: ChainNode,
  deployer: Transactor,
  { abi, bytecode }: { abi: InterfaceAbi; bytecode: string },
  args: unknown[],
): Promise<{ address: string; blockNumber: number; codeHash: string }> {
  const data = bytecode + new Interface(abi).encodeDeploy(args).slice(2);
  const receipt = await deployer.confirm(await deployer.send({ data }));
  const address = receipt.contractAddress!.toLowerCase();
  const code = await node.ask((provider) => provider.getCode(address));
  return { address, blockNumber: receipt.blockNumber, codeHash: keccak256(code) };
}

async function readGenesisHash(node: ChainNode): Promise<string> {
  return (await node.ask((provider) => provider.getBlock(0)))!.hash!;
}
