import { type ChainEvidence, encodeBase64 } from '@tianyuan/protocol';
import { encodeHeader } from '@tianyuan/protocol/evidence/block-header.ts';
import type { JsonRpcProvider } from 'ethers';
import { ChainError } from '../chain-error.ts';
import { proveReceipt } from './prove-receipt.ts';
import { type RawBlock, readRawBlock } from './raw-block.ts';

/** Which block holds the anchor, and in which transaction. */
export type AnchorPosition = { transactionHash: string; blockNumber: number; blockHash: string };

/** What of a bundle's evidence is of the anchor alone; the proof of keys' records comes besides. */
export type AnchorEvidence = Omit<ChainEvidence, 'stateProof'>;

/**
 * The receipt's proof, the header of its block, and as many headers after it as are asked for.
 * @returns undefined where the chain has not so many blocks yet
 * @throws ChainError EVIDENCE where the block is another now, or what the node gives contradicts itself
 */
export async function collectEvidence(
  provider: JsonRpcProvider,
  { transactionHash, blockNumber, blockHash }: AnchorPosition,
  laterBlocks: number,
): Promise<AnchorEvidence | undefined> {
  const block = await readRawBlock(provider, blockNumber);
  if (block === undefined) return undefined; // this node may be behind the one that told of the block
  if (block.hash !== blockHash) {
    throw new ChainError(
      'EVIDENCE',
      `the chain has another block than ${blockHash} at height ${blockNumber}`,
    );
  }
  const later = await readLater(provider, block, laterBlocks);
  if (later === undefined) return undefined;
  const { transactionIndex, nodes } = await proveReceipt(provider, block, transactionHash);
  return {
    transactionIndex,
    receiptProof: nodes.map(encodeBase64),
    headers: [block, ...later].map(({ header }, i) => encodeBase64(encodeHeader(header.fields, i > 0))),
  };
}

async function readLater(
  provider: JsonRpcProvider,
  first: RawBlock,
  count: number,
): Promise<RawBlock[] | undefined> {
  const blocks: RawBlock[] = [];
  for (let parent = first; blocks.length < count;) {
    const block = await readRawBlock(provider, parent.header.number + 1);
    if (block === undefined) return undefined;
    if (`0x${Buffer.from(block.header.parentHash).toString('hex')}` !== parent.hash) {
      throw new ChainError(
        'EVIDENCE',
        `the chain went back below block ${block.header.number} while it was read`,
      );
    }
    blocks.push(block);
    parent = block;
  }
  return blocks;
}
