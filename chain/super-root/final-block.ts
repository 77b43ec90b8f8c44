import type { Validators } from '@tianyuan/protocol';
import { ChainError } from '../chain-error.ts';
import { finalityRuleOf, readFinality } from '../finality.ts';
import type { ChainNode } from '../node.ts';

/** How far below the newest block one is looked for that enough of the pinned validators have sealed. */
const deepest = 100;

/**
 * The youngest block that can't be undone, by the chain's rule: `confirmations` later blocks, and, where validators are
 * pinned, their seals.
 * @throws ChainError SUPER_ROOT where there is none yet
 */
export async function readFinalBlock(
  node: ChainNode,
  chain: { confirmations: number; validators: Validators | undefined },
): Promise<number> {
  const rule = finalityRuleOf(chain);
  return node.ask(async (provider) => {
    const newest = await provider.getBlockNumber();
    const first = newest - chain.confirmations;
    for (let blockNumber = first; blockNumber >= 0 && blockNumber > first - deepest; blockNumber--) {
      const blockHash = (await provider.getBlock(blockNumber))?.hash;
      if (!blockHash) continue;
      if ((await readFinality({ blockNumber, blockHash }, rule, provider)) === 'final') return blockNumber;
    }
    throw new ChainError(
      'SUPER_ROOT',
      `no block up to ${newest} is final yet (${chain.confirmations} confirmations): come back later`,
    );
  });
}
