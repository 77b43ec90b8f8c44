import type { Queries } from '@tianyuan/platform';
import type { AnchorRecord, Deployment } from '@tianyuan/chain';
import { gt } from 'drizzle-orm';
import { anchors } from '../database/schema.ts';

/** Repeats in the mirror that the chain took a head. Applied twice, an event changes nothing. */
export async function applyAnchor(tx: Queries, record: AnchorRecord, deployment: Deployment): Promise<void> {
  const { logId, size, root, signature, transactionHash, blockNumber, blockHash, blockTime, logIndex } =
    record;
  const row = {
    root,
    signature,
    chainId: deployment.chainId,
    contract: deployment.anchorLog.address,
    transactionHash,
    blockNumber,
    blockHash,
    blockTime,
    eventIndex: logIndex,
    final: false,
    agrees: null,
    key: null,
  };
  await tx
    .insert(anchors)
    .values({ logId, size, ...row })
    .onConflictDoUpdate({ target: [anchors.logId, anchors.size], set: row });
}

/** Takes `anchored` back from everything that blocks after `lastBlock` held. */
export async function rewindAnchors(tx: Queries, lastBlock: number): Promise<void> {
  await tx.delete(anchors).where(gt(anchors.blockNumber, lastBlock));
}
