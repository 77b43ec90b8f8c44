import type { ChainNode, FinalityRule } from '@tianyuan/chain';
import { readAnchorFinality } from '@tianyuan/chain';
import type { Queries } from '@tianyuan/platform';
import { and, asc, eq } from 'drizzle-orm';
import { anchors } from '../database/schema.ts';

const blocksAtOnce = 200;

/** An anchor that a node told of and that is not in the block which the pinned validators sealed. */
export type InventedAnchor = { logId: string; size: number; blockNumber: number };

/**
 * Marks anchors whose block cannot be undone any more. Oldest first: behind one that waits, all others wait too. Where
 * validators are pinned, one that is not in its sealed block is taken back.
 * @returns those that were taken back
 */
export async function settleFinality(
  queries: Queries,
  node: ChainNode,
  rule: FinalityRule,
): Promise<InventedAnchor[]> {
  const waiting = await queries
    .selectDistinct({ blockNumber: anchors.blockNumber, blockHash: anchors.blockHash })
    .from(anchors)
    .where(eq(anchors.final, false))
    .orderBy(asc(anchors.blockNumber))
    .limit(blocksAtOnce);
  const takenBack: InventedAnchor[] = [];
  for (const block of waiting) {
    const { blockNumber, blockHash } = block;
    const inBlock = and(eq(anchors.blockNumber, blockNumber), eq(anchors.blockHash, blockHash));
    const told = await queries
      .select({ contract: anchors.contract, logId: anchors.logId, size: anchors.size, root: anchors.root })
      .from(anchors)
      .where(inBlock);
    const settled = await node.ask((provider) => readAnchorFinality(block, told, rule, provider));
    // One that vanished is the follower's to take back.
    if (settled.finality !== 'final') break;
    for (const { logId, size } of settled.invented) {
      await queries.delete(anchors).where(and(inBlock, eq(anchors.logId, logId), eq(anchors.size, size)));
      takenBack.push({ logId, size, blockNumber });
    }
    await queries.update(anchors).set({ final: true }).where(inBlock);
  }
  return takenBack;
}
