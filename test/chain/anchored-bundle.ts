import {
  type AnchorEvidence,
  type ChainNode,
  type Deployment,
  type FinalityRule,
  collectEvidence,
  connectAnchor,
  deployContracts,
  deriveAccounts,
  enrol,
  fundAccounts,
  openNode,
  proveKey,
  proveRegistry,
} from '@tianyuan/chain';
import {
  type Anchor,
  type ProofBundle,
  type TrustPolicy,
  assembleCheckpoint,
  bundleType,
  encodeBase64,
  formatTlogProof,
  inclusionRanges,
  leafHash,
  logId,
  newEdge,
  appendLeaf,
  edgeRoot,
} from '@tianyuan/protocol';
import { type Device, type SignedLog, newDevice, newLog } from '../trace/signed-log.ts';

const organisation = 'a farm';

/** A network with our contracts on it, one open log and one enrolled device. */
export type AnchoringChain = {
  node: ChainNode;
  deployment: Deployment;
  log: SignedLog;
  device: Device;
  /** anchors the log as it is, and gives what names the anchor */
  anchor: () => Promise<AnchoredBundle>;
  close: () => void;
};

export type AnchoredBundle = {
  /** without evidence */
  bundle: ProofBundle & { anchor: Anchor };
  collect: (laterBlocks: number) => Promise<(AnchorEvidence & { stateProof: string[] }) | undefined>;
};

/** Deploys, enrols and opens as an operator does; keys and log are made from fixed secrets. */
export async function openAnchoringChain(options: {
  rpcUrl: string;
  chainId: number;
  mnemonic: string;
  deploymentFile: string;
  finality: FinalityRule;
}): Promise<AnchoringChain> {
  const { rpcUrl, chainId, mnemonic, deploymentFile } = options;
  const { admin, registrar, anchorerOf } = deriveAccounts(mnemonic);
  const log = newLog('gw-1.orchard.example', new Uint8Array(32).fill(21));
  const device = newDevice('truck-03', new Uint8Array(32).fill(22));
  const { deployment } = await deployContracts({
    rpcUrl,
    chainId,
    file: deploymentFile,
    privateKey: admin.privateKey,
    roles: {
      organisations: [{ name: organisation, admin: admin.address, registrars: [registrar.address] }],
    },
  });
  const anchorer = anchorerOf(log.origin);
  await fundAccounts({
    rpcUrl,
    chainId,
    privateKey: admin.privateKey,
    accounts: [anchorer.address, registrar.address],
    atLeast: 10n ** 19n,
  });
  await enrol({
    rpcUrl,
    deployment,
    keys: [
      { kind: 'device', id: device.id, key: 1, publicKey: device.publicKey },
      { kind: 'log', id: log.origin, key: 1, publicKey: log.publicKey },
    ],
    registrarKey: registrar.privateKey,
    keysOf: organisation,
    logs: [{ origin: log.origin, organisation, anchorer: anchorer.address }],
    organisationKey: admin.privateKey,
  });
  const node = openNode({ rpcUrl, chainId });
  const client = connectAnchor({
    rpcUrl,
    deployment,
    privateKey: anchorer.privateKey,
    finality: options.finality,
  });
  return {
    node,
    deployment,
    log,
    device,
    anchor: async () => {
      const head = await client.head(logId(log.origin));
      if (head.size > 0) throw new Error('this log has been anchored: use a fresh network');
      const signature = log.signature();
      const hash = await client.append({
        logId: logId(log.origin),
        size: log.size(),
        root: log.root(),
        proof: [],
        signature,
      });
      const record = await client.confirm(hash);
      return describe(node, deployment, log, device, { ...record, chainId, signature });
    },
    close: () => {
      client.close();
      node.close();
    },
  };
}

function describe(
  node: ChainNode,
  deployment: Deployment,
  log: SignedLog,
  device: Device,
  at: {
    chainId: number;
    transactionHash: string;
    blockNumber: number;
    blockHash: string;
    blockTime: number;
    logIndex: number;
    signature: Uint8Array;
  },
): AnchoredBundle {
  const { chainId, transactionHash, blockNumber, blockHash, blockTime, logIndex } = at;
  const index = 0;
  const leaves = log.entries.map(leafHash);
  const proof = inclusionRanges(index, leaves.length).map(({ start, end }) =>
    rootOf(leaves.slice(start, end)),
  );
  const head = { origin: log.origin, size: log.size(), root: log.root() };
  const checkpoint = assembleCheckpoint(head, log.publicKey, at.signature);
  return {
    bundle: {
      type: bundleType,
      entry: encodeBase64(log.entries[index]!),
      payload: encodeBase64(log.payloads[index]!),
      tlogProof: formatTlogProof({ index, proof, checkpoint }),
      device: { id: device.id, key: 1, publicKey: encodeBase64(device.publicKey) },
      log: { origin: log.origin, key: 1, publicKey: encodeBase64(log.publicKey) },
      anchor: {
        chainId,
        contract: deployment.anchorLog.address,
        transactionHash,
        blockNumber,
        blockHash,
        blockTime,
        logIndex,
      },
    },
    collect: (laterBlocks) =>
      node.ask(async (provider) => {
        const evidence = await collectEvidence(provider, at, laterBlocks);
        if (evidence === undefined) return undefined;
        const account = await proveRegistry(provider, deployment, blockNumber);
        const keys = [log.publicKey, device.publicKey];
        const records = await Promise.all(
          keys.map((publicKey) =>
            proveKey(provider, deployment, blockNumber, { publicKey, logId: log.logId }),
          ),
        );
        const nodes = new Set([account, ...records].flatMap((one) => one.nodes.map(encodeBase64)));
        return { ...evidence, stateProof: [...nodes] };
      }),
  };
}

function rootOf(leaves: Uint8Array[]): Uint8Array {
  const edge = newEdge();
  for (const leaf of leaves) appendLeaf(edge, leaf);
  return edgeRoot(edge);
}

/** What a verifier pins of this deployment, with no node to ask. */
export function offlinePolicy(
  { chainId, anchorLog, deviceRegistry }: Deployment,
  finality: NonNullable<TrustPolicy['chain']>['finality'],
  validators?: NonNullable<TrustPolicy['chain']>['validators'],
): TrustPolicy {
  return {
    chain: {
      chainId,
      anchorLog: anchorLog.address,
      deviceRegistry: deviceRegistry.address,
      finality,
      ...(validators && { validators }),
    },
  };
}
