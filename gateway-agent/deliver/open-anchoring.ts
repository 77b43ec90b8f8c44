import { type AnchorClient, type HeadReader, connectHeadReader, readDeployment } from '@tianyuan/chain';
import type { Logger } from 'pino';
import type { Config } from '../config.ts';
import type { Store } from '../keep/store.ts';
import type { Checkpoints } from '../log/checkpoints.ts';
import type { Clock } from '../log/clock.ts';
import type { Log } from '../log/log.ts';
import type { Restoration } from '../log/restoration.ts';
import { newBlockStatements } from '../log/statement.ts';
import type { AnchorCosts } from './anchor-costs.ts';
import { type Anchorer, openAnchorer } from './anchor.ts';
import { connectChain, readFinalityRule } from './chain.ts';
import { openHubFollower, standingAtMirror, standingOnChain } from './follow-hub.ts';
import type { Growth } from './growth.ts';
import type { LinkHealth } from './link-health.ts';

type Parts = {
  store: Store;
  log: Log;
  checkpoints: Checkpoints;
  restoration: Restoration;
  growth: Growth;
  costs: AnchorCosts;
  health: LinkHealth;
  clock: Clock;
  logger: Logger;
  keepStatement: (statement: Uint8Array) => void;
};

/** `balance` is of the account that anchors, where it is this gateway's own, and `nodes` are those that it asks. */
export type Anchoring = Anchorer & Partial<Pick<AnchorClient, 'balance' | 'nodes'>> & { close: () => void };

/** Whoever brings this log onto the chain, by the configuration: the gateway itself, a hub, or nobody. */
export async function openAnchoring(config: Config, parts: Parts): Promise<Anchoring | undefined> {
  if (config.anchoring === 'hub') return followHub(config, parts);
  if (config.chain === undefined) return undefined;
  const { origin, anchor, anchorIntervalMs: intervalMs } = config;
  const policy = { ...anchor, intervalMs };
  const chain = await connectChain(config.chain);
  const beforeAppend = newBlockStatements(chain, parts.clock, parts.keepStatement);
  const anchorer = openAnchorer({ origin, policy, chain, ...parts, now: parts.clock.now, beforeAppend });
  return { ...anchorer, balance: chain.balance, nodes: chain.nodes, close: chain.close };
}

/** A hub anchors when it will: what is asked for at once reaches it with the upload, which waits for nothing. */
const leaveToHub = (): void => {};

async function followHub(
  { origin, anchorIntervalMs: intervalMs, chain: address, traceUrl }: Config,
  { log, restoration, growth, health, clock, logger, keepStatement }: Parts,
): Promise<Anchoring> {
  const shared = { origin, intervalMs, log, growth, health, logger };
  if (address === undefined) {
    const readStanding = standingAtMirror(traceUrl!, origin);
    const follower = openHubFollower({
      ...shared,
      readStanding,
      restoration: undefined,
      stateBlock: () => Promise.resolve(),
    });
    return { ...follower, anchorNow: leaveToHub, close: () => undefined };
  }
  const reader: HeadReader = connectHeadReader({
    rpcUrl: address.rpcUrl,
    deployment: await readDeployment(address.deployment),
    finality: await readFinalityRule(address),
  });
  const readStanding = standingOnChain(reader, origin);
  const stateBlock = newBlockStatements(reader, clock, keepStatement);
  const follower = openHubFollower({ ...shared, readStanding, restoration, stateBlock });
  return { ...follower, anchorNow: leaveToHub, close: reader.close };
}
