import { bytesToHex, equalBytes } from '@tianyuan/protocol';
import { GatewayError } from '../gateway-error.ts';
import { type Store, forgetSetting, readSetting } from '../keep/store.ts';
import type { Log } from './log.ts';

/** Who holds heads of our log that we signed. */
export type Link = 'mirror' | 'chain';

/** A head of this log that somebody else holds; a root of an empty log, or one that was not said, is undefined. */
export type ForeignHead = { size: number; root: Uint8Array | undefined };

/**
 * Keeps this store from signing a second history. Every head that a link tells of must be one of this store's own; and a
 * store that came out of a backup signs nothing at all until every link has told of a head that the backup already had:
 * it may hold less than was signed after it, and what it then logs in that place would be another history.
 */
export type Restoration = {
  /** @throws GatewayError REWOUND where the head is not one of this store's, or is younger than the backup it came from */
  compare: (link: Link, head: ForeignHead) => void;
  /** @throws GatewayError UNPROVEN while a link has not told yet */
  requireProven: () => void;
};

const holders: Record<Link, string> = { mirror: 'the trace API', chain: 'the chain' };

export const succeedInstead =
  'close this log in favour of a successor (`gateway-agent succeed`, docs/gateway.md)';

/** @param links that are configured, hence asked before anything is signed */
export function openRestoration(
  store: Store,
  log: Log,
  { origin, links }: { origin: string; links: readonly Link[] },
): Restoration {
  const proven = new Set<Link>();
  /** the size at which the backup was made that this store came out of; undefined for any other */
  let restoredSize = parseSize(readSetting(store, restoredSizeSetting));

  return {
    compare(link, { size, root }) {
      const own = restoredSize ?? log.size();
      if (size > own) {
        throw new GatewayError(
          'REWOUND',
          `${holders[link]} holds ${size} entries of ${origin}, this store only ${own}: it is older than what was ` +
            `already ${link === 'chain' ? 'anchored' : 'published'}. Restore the newest backup, or ${succeedInstead}; ` +
            'nothing is signed meanwhile',
        );
      }
      if (size > 0 && root !== undefined && !equalBytes(root, log.rootAt(size))) {
        throw new GatewayError(
          'REWOUND',
          `${holders[link]} has the root ${bytesToHex(root)} of ${origin} at ${size} entries, which is not this store's: ` +
            `two gateways share this origin, or the store was replaced. Restore the newest backup, or ${succeedInstead}`,
        );
      }
      proven.add(link);
      if (restoredSize === undefined || links.length === 0 || !links.every((one) => proven.has(one))) return;
      forgetSetting(store, restoredSizeSetting);
      restoredSize = undefined;
    },
    requireProven() {
      if (restoredSize === undefined) return;
      const waiting = links.filter((link) => !proven.has(link)).map((link) => holders[link]);
      throw new GatewayError(
        'UNPROVEN',
        `this store was restored from a backup of ${restoredSize} entries, and signs nothing until it is known that ` +
          `nothing was signed after it: ${waiting.length === 0 ? 'the agent must reach the trace API or the chain first' : `waiting for ${waiting.join(' and ')}`}`,
      );
    },
  };
}

/** In every backup: the entries that it holds. Gone once the links have shown that there are no others. */
const restoredSizeSetting = 'restoredSize';

function parseSize(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text);
}
