import type { ChainNode, FinalityRule } from '@tianyuan/chain';
import { readFinality } from '@tianyuan/chain';
import type { Queries } from '@tianyuan/platform';
import { and, asc, eq } from 'drizzle-orm';
import { anchors } from '../database/schema.ts';

const blocksAtOnce = 200;

/**
 * Marks anchors whose block cannot be undone any more. Oldest first: behind one that waits, all others wait too. Pinned
 * validators vouch for the block; that it holds the anchor is what the followed node said, and is proven in the bundle only.
 */
export async function settleFinality(queries: Queries, node: ChainNode, rule: FinalityRule): Promise<void> {
  const waiting = await queries
    .selectDistinct({ blockNumber: anchors.blockNumber, blockHash: anchors.blockHash })
    .from(anchors)
    .where(eq(anchors.final, false))
    .orderBy(asc(anchors.blockNumber))
    .limit(blocksAtOnce);
  for (const block of waiting) {
    const finality = await node.ask((provider) => readFinality(block, rule, provider));
    // One that vanished is the follower's to take back.
    if (finality !== 'final') return;
    await queries
      .update(anchors)
      .set({ final: true })
      .where(and(eq(anchors.blockNumber, block.blockNumber), eq(anchors.blockHash, block.blockHash)));
  }
}
