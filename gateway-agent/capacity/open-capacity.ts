import type { Logger } from 'pino';
import type { Config } from '../config.ts';
import { GatewayError } from '../gateway-error.ts';
import type { Keep } from '../keep/keep.ts';
import type { Store } from '../keep/store.ts';
import { encodeStatement } from '../log/statement.ts';
import { type Capacity, type Sizes, openCapacity } from './capacity.ts';
import { openPayloadDropper } from './drop-payloads.ts';
import { openUsage } from './measure-usage.ts';
import { openReserve } from './reserve-file.ts';

/**
 * The capacity of this agent's store, by its configuration.
 * @throws GatewayError CONFIG for eviction without a chain: a tombstone must be anchored before anything is lost
 */
export function openStoreCapacity(options: {
  config: Pick<Config, 'dataDir' | 'capacity' | 'chain' | 'anchoring'>;
  store: Store;
  keep: Keep;
  sizes: () => Sizes;
  keepStatement: (payload: Uint8Array) => void;
  onFault: (error: unknown) => void;
  logger: Logger;
}): Capacity {
  const { config, store, keep, sizes, keepStatement, onFault, logger } = options;
  const { policy, maxBytes, reserveBytes } = config.capacity;
  if (policy === 'evict' && config.chain === undefined && config.anchoring !== 'hub') {
    throw new GatewayError(
      'CONFIG',
      'capacity.policy is evict, and what is evicted must be anchored before: set `chain` or `anchoring: hub`, or leave the policy at refuse',
    );
  }
  return openCapacity({
    policy,
    measure: openUsage(store, config.dataDir, maxBytes),
    reserve: openReserve(config.dataDir, reserveBytes),
    dropper: openPayloadDropper(store, keep),
    sizes,
    say: (statement) => keepStatement(encodeStatement(statement)),
    onFault,
    logger,
  });
}

/** Keeps messages only while there is room; the gateway's own words always. */
export function keepWithin(keep: Keep, { admit }: Pick<Capacity, 'admit'>): Pick<Keep, 'keep'> {
  return {
    keep(arrivals) {
      admit();
      return keep.keep(arrivals);
    },
  };
}
