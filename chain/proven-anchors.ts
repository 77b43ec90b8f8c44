import { equalBytes } from '@tianyuan/protocol';
import { type JsonRpcProvider, getBytes } from 'ethers';
import type { RawLog } from './chain-event.ts';
import { anchorLogInterface } from './contracts.ts';
import { readProvenReceipts } from './evidence/prove-receipt.ts';
import { readRawBlock } from './evidence/raw-block.ts';
import type { BlockId } from './finality.ts';

/** A head that a node says was appended in a block: the contract's address, 64 hex digits, and 32 bytes. */
export type ToldAnchor = { contract: string; logId: string; size: number; root: Uint8Array };

/**
 * Which of these anchors a block does not hold, by its receipts, which are proven against the header. So a node that invents
 * an anchor in a block that others sealed is found out.
 * @returns undefined where the node has another block there now, or none
 * @throws ChainError EVIDENCE where the receipts are not those of the header
 */
export async function findInvented(
  provider: JsonRpcProvider,
  { blockNumber, blockHash }: BlockId,
  anchors: readonly ToldAnchor[],
): Promise<ToldAnchor[] | undefined> {
  const block = await readRawBlock(provider, blockNumber);
  if (block?.hash !== blockHash) return undefined;
  const { receipts } = await readProvenReceipts(provider, block);
  const logs = receipts.flatMap((receipt) => (receipt.status === 1n ? receipt.logs : []));
  return anchors.filter((anchor) => !logs.some((log) => isAppendOf(log, anchor)));
}

function isAppendOf({ address, topics, data }: RawLog, { contract, logId, size, root }: ToldAnchor): boolean {
  if (address.toLowerCase() !== contract.toLowerCase()) return false;
  const event = anchorLogInterface.parseLog({ topics: [...topics], data });
  return (
    event?.name === 'Appended' &&
    event.args['logId'] === `0x${logId}` &&
    event.args['newSize'] === BigInt(size) &&
    equalBytes(getBytes(event.args['root'] as string), root)
  );
}
