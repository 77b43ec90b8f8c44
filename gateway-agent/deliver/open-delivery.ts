import type { Logger } from 'pino';
import type { Config } from '../config.ts';
import type { Store } from '../keep/store.ts';
import type { Checkpoints } from '../log/checkpoints.ts';
import type { Clock } from '../log/clock.ts';
import type { Log } from '../log/log.ts';
import type { Restoration } from '../log/restoration.ts';
import type { Status } from '../observe/status.ts';
import { openAnchorCosts } from './anchor-costs.ts';
import type { Growth } from './growth.ts';
import { type LinkHealth, newLinkHealth } from './link-health.ts';
import type { Anchoring } from './open-anchoring.ts';
import { openUploader } from './upload.ts';

/** Both ways out of the gateway, as far as they are configured. */
export type Delivery = {
  /** in entries of the log */
  sizes: () => Pick<Status, 'mirrored' | 'anchored' | 'final'>;
  status: () => Pick<Status, 'mirrored' | 'anchored' | 'final' | 'anchorCost' | 'chainNodes'>;
  /** anchors at once where this gateway's own account anchors, and does nothing elsewhere */
  anchorNow: (reason: string) => void;
  /** of the anchoring account, wei; undefined without a chain */
  balance: (() => Promise<bigint>) | undefined;
  /** how the links that are used fare, by their names */
  links: ReadonlyMap<string, LinkHealth>;
  /** resolves when the signal has stopped both */
  run: (signal: AbortSignal) => Promise<void>;
  close: () => void;
};

/** Days of anchoring whose cost /status lists. */
const shownDays = 31;

/** @throws GatewayError CONFIG or ChainError for a deployment record or an account's key that cannot be read */
export async function openDelivery(
  config: Config,
  shared: {
    store: Store;
    log: Log;
    checkpoints: Checkpoints;
    restoration: Restoration;
    growth: Growth;
    /** told of what went wrong: it may be the store */
    onFault: (error: unknown) => void;
    logger: Logger;
  },
  clock: Clock,
  keepStatement: (payload: Uint8Array) => void,
): Promise<Delivery> {
  const { origin, traceUrl } = config;
  const links = new Map<string, LinkHealth>();
  const traceHealth = newLinkHealth(clock.sinceBootMs, shared.onFault);
  if (traceUrl !== undefined) links.set('trace-api', traceHealth);
  const maxBytesPerSecond = config.uploadMaxBytesPerSecond ?? Infinity;
  const uploader =
    traceUrl === undefined
      ? undefined
      : openUploader({ ...shared, url: traceUrl, origin, health: traceHealth, maxBytesPerSecond });
  const costs = openAnchorCosts(shared.store);
  const health = newLinkHealth(clock.sinceBootMs, shared.onFault);
  let anchoring: Anchoring | undefined;
  if (config.chain !== undefined || config.anchoring === 'hub') {
    // Not before it is known that there is a chain: see devices/open-registry.ts.
    const { openAnchoring } = await import('./open-anchoring.ts');
    anchoring = await openAnchoring(config, { ...shared, costs, health, clock, keepStatement });
  }
  if (anchoring !== undefined) links.set('chain', health);
  const sizes = (): ReturnType<Delivery['sizes']> => ({
    mirrored: uploader?.mirroredSize() ?? 0,
    anchored: anchoring?.anchoredSize() ?? 0,
    final: anchoring?.finalSize() ?? 0,
  });
  return {
    sizes,
    status: () => ({
      ...sizes(),
      anchorCost: { total: costs.total(), days: costs.days(shownDays) },
      chainNodes: anchoring?.nodes?.() ?? [],
    }),
    anchorNow: (reason) => anchoring?.anchorNow(reason),
    balance: anchoring?.balance,
    links,
    async run(signal) {
      await Promise.all([uploader?.run(signal), anchoring?.run(signal)]);
    },
    close: () => anchoring?.close(),
  };
}
