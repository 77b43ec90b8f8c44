import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  type CompactRange,
  appendToRange,
  consistencyRanges,
  jsonRpcOver,
  leafHash,
  logId,
  rangeRoot,
} from '@tianyuan/protocol';
import { type LocalAccounts, deriveAccounts } from './accounts.ts';
import { type AnchorClient, type AnchorConfig, type AppendRequest, connectAnchor } from './anchor-client.ts';
import { deployContracts } from './deploy.ts';
import type { Deployment } from './deployment.ts';
import { enrol } from './enrol.ts';
import { anchorerBalance, fundAccounts } from './fund.ts';
import { type ChainNode, openNode } from './node.ts';
import { type LocalChain, startLocalChain } from './local/local-chain.ts';
import { readSavedBlock } from './local/state-file.ts';

export const organisation = 'a farm';

/** A real local chain in a directory of its own, with the contracts deployed: for tests. */
export type TemporaryChain = {
  local: LocalChain;
  /** asks it what the contracts say */
  node: ChainNode;
  deployment: Deployment;
  accounts: LocalAccounts;
  directory: string;
  /** an open log with a funded anchorer, and a client that anchors it */
  openLog: (config?: Partial<AnchorConfig>) => Promise<{ origin: string; client: AnchorClient }>;
  connect: (origin: string, config?: Partial<AnchorConfig>) => AnchorClient;
  deployAgain: () => Promise<void>;
  /** waits until the newest block can't be lost, and remembers what had been saved by then */
  save: () => Promise<SavedFiles>;
  /** kills anvil while it writes, at a moment when no more than that had been saved */
  crash: (lastSave: SavedFiles) => Promise<void>;
  /** starts the chain again on its state and its port, after it was stopped or killed */
  restart: () => Promise<void>;
  remove: () => Promise<void>;
};

/** The copy of a state and the note beside it, by their paths. */
type SavedFiles = Map<string, Buffer>;

export async function openTemporaryChain(): Promise<TemporaryChain> {
  const directory = await mkdtemp(join(tmpdir(), 'tianyuan-chain-'));
  const local = await startLocalChain({ directory, port: 0 });
  const accounts = deriveAccounts(local.mnemonic);
  const clients: AnchorClient[] = [];
  const node = openNode({ rpcUrl: local.rpcUrl, chainId: local.chainId });
  const temporary: TemporaryChain = {
    local,
    node,
    accounts,
    directory,
    deployment: await deploy(),
    async deployAgain() {
      temporary.deployment = await deploy(true);
    },
    async openLog(config) {
      const origin = `gw-${randomBytes(4).toString('hex')}.example`;
      const anchorer = accounts.anchorerOf(origin).address;
      const { rpcUrl, chainId } = temporary.local;
      const admin = accounts.admin.privateKey;
      await fundAccounts({
        rpcUrl,
        chainId,
        privateKey: admin,
        accounts: [anchorer],
        atLeast: anchorerBalance,
      });
      const logs = [{ origin, organisation, anchorer }];
      await enrol({ rpcUrl, deployment: temporary.deployment, logs, organisationKey: admin });
      return { origin, client: temporary.connect(origin, config) };
    },
    connect(origin, config) {
      const client = connectAnchor({
        rpcUrl: temporary.local.rpcUrl,
        deployment: temporary.deployment,
        privateKey: accounts.anchorerOf(origin).privateKey,
        finality: { kind: 'anvil', stateFile: temporary.local.stateFile },
        pollMs: 20,
        ...config,
      });
      clients.push(client);
      return client;
    },
    async save() {
      const { rpcUrl, stateFile } = temporary.local;
      const newest = Number(await jsonRpcOver(rpcUrl)('eth_blockNumber', []));
      while (((await readSavedBlock(stateFile)) ?? -1) < newest) await delay(20);
      const files = [`${stateFile}.good`, `${stateFile}.saved.json`];
      return new Map(await Promise.all(files.map(async (file) => [file, await readFile(file)] as const)));
    },
    async crash(lastSave) {
      process.kill(temporary.local.anvilPid, 'SIGKILL');
      await temporary.local.exited;
      await truncate(temporary.local.stateFile, 100);
      for (const [file, content] of lastSave) await writeFile(file, content);
    },
    async restart() {
      await temporary.local.exited;
      const port = Number(new URL(temporary.local.rpcUrl).port);
      temporary.local = await startLocalChain({ directory, port });
    },
    async remove() {
      for (const client of clients) client.close();
      node.close();
      await temporary.local.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
  return temporary;

  async function deploy(replace = false): Promise<Deployment> {
    const { deployment } = await deployContracts({
      rpcUrl: local.rpcUrl,
      chainId: local.chainId,
      file: join(directory, 'deployment.json'),
      privateKey: accounts.admin.privateKey,
      roles: {
        pausers: [accounts.admin.address],
        organisations: [
          { name: organisation, admin: accounts.admin.address, registrars: [accounts.registrar.address] },
        ],
      },
      replace,
      pollMs: 20,
    });
    return deployment;
  }
}

/** A log of made-up entries. `requestAt` gives the append from one of its sizes to another. */
export function makeLog(
  origin: string,
  entries = 100,
): { requestAt: (from: number, size: number) => AppendRequest } {
  const leaves = Array.from({ length: entries }, (_, i) => leafHash(Buffer.from(`${origin} ${i}`)));
  const root = (start: number, end: number): Uint8Array => {
    const range: CompactRange = { size: 0, nodes: [] };
    for (const leaf of leaves.slice(start, end)) appendToRange(range, leaf);
    return rangeRoot(range);
  };
  return {
    requestAt: (from, size) => ({
      logId: logId(origin),
      size,
      root: root(0, size),
      proof: from === 0 ? [] : consistencyRanges(from, size).map(({ start, end }) => root(start, end)),
      signature: new Uint8Array(64).fill(size),
    }),
  };
}
