import { bytesToHex } from '@tianyuan/protocol';
import { ChainError } from './chain-error.ts';
import type { Deployment } from './deployment.ts';
import { type BlockId, type FinalityRule, readAnchorFinality } from './finality.ts';
import { type LogState, readLogState } from './log-state.ts';
import { openNode } from './node.ts';

export type HeadReaderConfig = {
  rpcUrl: string;
  deployment: Deployment;
  finality: FinalityRule;
  /** bound of every single request to the node, default 10 s */
  timeoutMs?: number;
};

/** A log's head on the chain, and whether the block that brought it can still be undone. */
export type ReadHead = Pick<LogState, 'phase' | 'size' | 'root'> & { isFinal: boolean };

/** The chain for a log owner who sends nothing to it. Every method rejects with a ChainError and nothing else. */
export type HeadReader = {
  /** `logId` is 32 bytes. @throws ChainError LOG_UNKNOWN */
  head: (logId: Uint8Array) => Promise<ReadHead>;
  newestBlock: () => Promise<BlockId & { chainId: number }>;
  close: () => void;
};

/** Asks the chain nothing yet, and needs no account. */
export function connectHeadReader({ deployment, finality, ...address }: HeadReaderConfig): HeadReader {
  const { chainId } = deployment;
  const node = openNode({ ...address, chainId });
  return {
    async head(logId) {
      const { phase, size, root, anchoredAtBlock } = await readLogState(node, deployment, logId);
      if (phase === 'unknown') {
        throw new ChainError(
          'LOG_UNKNOWN',
          'this log was never opened on the chain: have its organisation open it',
        );
      }
      if (size === 0) return { phase, size, root, isFinal: false };
      const isFinal = await node.ask(async (provider) => {
        const block = await provider.getBlock(anchoredAtBlock);
        if (block === null) return false;
        const at = { blockNumber: anchoredAtBlock, blockHash: block.hash! };
        const told = { contract: deployment.anchorLog.address, logId: bytesToHex(logId), size, root };
        const settled = await readAnchorFinality(at, [told], finality, provider);
        return settled.finality === 'final' && settled.invented.length === 0;
      });
      return { phase, size, root, isFinal };
    },
    newestBlock: () =>
      node.ask(async (provider) => {
        const block = (await provider.getBlock('latest'))!;
        return { chainId, blockNumber: block.number, blockHash: block.hash! };
      }),
    close: node.close,
  };
}
