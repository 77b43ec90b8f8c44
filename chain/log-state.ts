import { z } from 'zod';
import { anchorLogInterface, phases } from './contracts.ts';
import type { Deployment } from './deployment.ts';
import type { ChainNode } from './node.ts';
import { bytes, natural, oneOf, optionalHash, readView } from './view.ts';

const logSchema = z.object({
  phase: oneOf(phases),
  size: natural,
  root: bytes,
  /** Unix seconds, 0 before the first append */
  anchoredAt: natural,
  anchoredAtBlock: natural,
  successor: optionalHash,
});

/** What AnchorLog keeps of a log: IAnchorLog.Log. All zeros and phase `unknown` for one that was never opened. */
export type LogState = z.infer<typeof logSchema>;

/** @param logId 32 bytes */
export function readLogState(node: ChainNode, deployment: Deployment, logId: Uint8Array): Promise<LogState> {
  const contract = { address: deployment.anchorLog.address, abi: anchorLogInterface };
  return readView(node, contract, 'logOf', [logId], logSchema);
}
