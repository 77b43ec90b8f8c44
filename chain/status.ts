import { z } from 'zod';
import type { AnchorRecord, ChainEvent } from './chain-event.ts';
import { anchorLogInterface } from './contracts.ts';
import type { Deployment } from './deployment.ts';
import type { ChainNode } from './node.ts';
import { readEvents } from './read-events.ts';
import { readView } from './view.ts';

/** What a chain has of our contracts. `logId` is 64 hex digits. */
export type ChainStatus = {
  blockNumber: number;
  blockTime: number;
  paused: boolean;
  logs: { logId: string; anchorer: string; state: 'open' | 'closed'; newest: AnchorRecord | undefined }[];
  keys: { enrolled: number; revoked: number };
};

const blocksAtOnce = 2000;

/**
 * Read from the contracts' whole history: for people, not for loops.
 * @param upTo the block as of which heads and keys are; `paused` is as of now
 */
export async function readStatus(
  node: ChainNode,
  deployment: Deployment,
  upTo: number | 'latest' = 'latest',
): Promise<ChainStatus> {
  const newest = await node.ask(async (provider) => (await provider.getBlock(upTo))!);
  const anchorLog = { address: deployment.anchorLog.address, abi: anchorLogInterface };
  const paused = await readView(node, anchorLog, 'paused', [], z.boolean());
  const status: ChainStatus = {
    blockNumber: newest.number,
    blockTime: newest.timestamp,
    paused,
    logs: [],
    keys: { enrolled: 0, revoked: 0 },
  };
  for (let from = deployment.anchorLog.blockNumber; from <= newest.number; from += blocksAtOnce) {
    const to = Math.min(newest.number, from + blocksAtOnce - 1);
    for (const event of await node.ask((provider) => readEvents(provider, deployment, { from, to }))) {
      record(status, event);
    }
  }
  return status;
}

function record(status: ChainStatus, event: ChainEvent): void {
  const log = 'logId' in event ? status.logs.find(({ logId }) => logId === event.logId) : undefined;
  switch (event.kind) {
    case 'LogOpened':
      status.logs.push({ logId: event.logId, anchorer: event.anchorer, state: 'open', newest: undefined });
      return;
    case 'LogClosed':
      log!.state = 'closed';
      return;
    case 'Appended':
      log!.newest = event;
      return;
    case 'KeyEnrolled':
      status.keys.enrolled += 1;
      return;
    case 'KeyRevoked':
      status.keys.revoked += 1;
      return;
    case 'KeyRotated':
    case 'KeyCut':
      return;
    default:
      event satisfies never;
  }
}
