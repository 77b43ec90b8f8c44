import type { CliqueNetwork, SignerNode } from '@tianyuan/chain';
import { jsonRpcOver } from '@tianyuan/protocol';
import { vi } from 'vitest';

const patience = { timeout: 60_000, interval: 100 };

export const height = async (rpcUrl: string): Promise<number> =>
  Number(await jsonRpcOver(rpcUrl)('eth_blockNumber', []));

/**
 * Stops all sealing, with every node on the same block, which `spare` has not sealed: it could seal the next one alone, as
 * nobody may twice in a row.
 */
export async function holdStill(network: CliqueNetwork, spare: number): Promise<void> {
  const { nodes } = network;
  await vi.waitFor(
    async () => {
      for (const node of nodes) await node.ask('miner_stop');
      const heads = await settled(network);
      const sealer = (await nodes[0]!.ask('clique_getSigner', [heads[0]!.number])) as string;
      const isCommon = new Set(heads.map(({ hash }) => hash)).size === 1;
      const isFit = isCommon && sealer.toLowerCase() !== nodes[spare]!.address.toLowerCase();
      if (isFit) return;
      for (const node of nodes) await node.ask('miner_start');
      throw new Error('not yet');
    },
    { ...patience, interval: 1500 },
  );
}

export async function goOn(network: CliqueNetwork): Promise<void> {
  for (const node of network.nodes) if (node.pid() !== undefined) await node.ask('miner_start');
}

/** Waits until a node's mempool has a transaction: who may seal one block only should not seal an empty one. */
export async function untilPending(node: SignerNode): Promise<void> {
  await vi.waitFor(async () => {
    const { pending } = (await node.ask('txpool_status')) as { pending: string };
    if (Number(pending) === 0) throw new Error('nothing pending');
  }, patience);
}

type Head = { hash: string; number: string };

/** The heads, once none of them has moved between three looks: a block that was being sealed still comes. */
async function settled({ nodes }: CliqueNetwork): Promise<Head[]> {
  const look = async (): Promise<Head[]> =>
    Promise.all(
      nodes.map(async (node) => (await node.ask('eth_getBlockByNumber', ['latest', false])) as Head),
    );
  const hashes = (heads: Head[]): string => heads.map(({ hash }) => hash).join();
  let before = await look();
  for (let unchanged = 0; unchanged < 3;) {
    await new Promise((resolve) => setTimeout(resolve, 700));
    const now = await look();
    unchanged = hashes(now) === hashes(before) ? unchanged + 1 : 0;
    before = now;
  }
  return before;
}
