import type { CliqueNetwork, SignerNode } from '@tianyuan/chain';
import { vi } from 'vitest';

const patience = { timeout: 90_000, interval: 200 };

/**
 * Cuts every connection between the groups, at both ends, and waits until each node has no peers but those of its group.
 * Nobody is looked for (`--nodiscover`), so nobody is found again before {@link heal}.
 */
export async function partition(network: CliqueNetwork, ...groups: number[][]): Promise<void> {
  const node = (i: number) => network.nodes[i]!;
  // Again until it holds: who was being dialled in that moment comes in after it was removed.
  await vi.waitFor(async () => {
    for (const group of groups) {
      const strangers = groups.filter((one) => one !== group).flat();
      for (const mine of group) {
        for (const other of strangers) await node(mine).ask('admin_removePeer', [node(other).enode]);
      }
    }
    for (const group of groups) {
      for (const mine of group) {
        const peers = Number(await node(mine).ask('net_peerCount'));
        if (peers !== group.length - 1) throw new Error(`${peers} peers instead of ${group.length - 1}`);
      }
    }
  }, patience);
}

/** Every node is told of every other again, and all have all. geth dials nobody twice within 35 s, so this may take that. */
export async function heal(nodes: readonly SignerNode[]): Promise<void> {
  for (const one of nodes)
    for (const other of nodes) if (one !== other) await one.ask('admin_addPeer', [other.enode]);
  await vi.waitFor(async () => {
    for (const one of nodes) {
      const peers = Number(await one.ask('net_peerCount'));
      if (peers < nodes.length - 1) throw new Error(`only ${peers} peers`);
    }
  }, patience);
}
