import { formatEther } from 'ethers';
import type { Deployment } from '../deployment.ts';
import type { ChainNode } from '../node.ts';
import type { ChainStatus } from '../status.ts';

/** A status for a terminal, with what each anchoring account has left. */
export async function describeStatus(
  node: ChainNode,
  deployment: Deployment,
  status: ChainStatus,
): Promise<string> {
  const lines = [
    `chain ${deployment.chainId} at ${node.rpcUrl}, block ${status.blockNumber} of ${isoTime(status.blockTime)}`,
    `AnchorLog ${deployment.anchorLog.address}${status.paused ? ', PAUSED' : ''}`,
    `DeviceRegistry ${deployment.deviceRegistry.address}: ${status.keys.enrolled} key(s), ${status.keys.revoked} revoked`,
  ];
  for (const { logId, anchorer, state, newest } of status.logs) {
    const balance = await node.ask((provider) => provider.getBalance(anchorer));
    const head =
      newest === undefined
        ? 'nothing anchored yet'
        : `${newest.size} entries, block ${newest.blockNumber} of ${isoTime(newest.blockTime)}`;
    lines.push(`log ${logId}: ${state}, ${head}; first anchorer ${anchorer} has ${formatEther(balance)}`);
  }
  return lines.join('\n');
}

function isoTime(unixSeconds: number): string {
  return new Date(unixSeconds * 1000).toISOString();
}
