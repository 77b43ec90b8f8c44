import { setTimeout as delay } from 'node:timers/promises';
import type { Database, Logger } from '@tianyuan/platform';
import { bytesToHex, edgeRoot, equalBytes } from '@tianyuan/protocol';
import { eq } from 'drizzle-orm';
import { restorations } from '../database/schema.ts';
import { errors } from '../errors.ts';
import { findLog } from '../mirror/find-log.ts';
import { readEdge } from '../mirror/read-edge.ts';
import type { PlatformKey } from '../records/platform-key.ts';
import type { Refusal } from '../records/recorded.ts';

/** A head of the platform's log that somebody else holds; `root` undefined where it was not said, or the log was empty. */
export type ForeignHead = { size: number; root: Uint8Array | undefined };

/** Somebody who holds heads that we signed: the chain, a witness. Rejects where it does not answer. */
export type Link = { name: string; head: () => Promise<ForeignHead> };

/**
 * Keeps a database that came out of a backup from signing a second history of the platform's log: it signs nothing until every
 * configured link has told of a head that the backup already had. As a gateway does, docs/adr/0025.
 */
export type Restoration = {
  /** why nothing may be signed now; undefined where it may. Rejects where the database does not answer */
  held: () => Promise<Refusal | undefined>;
  /** resolves when nothing is held any more, or the signal has stopped it */
  run: (signal: AbortSignal) => Promise<void>;
};

const askAgainMs = 2_000;

export function openRestoration(
  database: Database,
  { origin, logId }: Pick<PlatformKey, 'origin' | 'logId'>,
  { links, logger }: { links: readonly Link[]; logger: Logger },
): Restoration {
  const { queries } = database;
  const proven = new Set<string>();
  let rewound: string | undefined;
  let free = false;

  async function readRestored(): Promise<typeof restorations.$inferSelect | undefined> {
    const [row] = await queries.select().from(restorations).where(eq(restorations.origin, origin));
    return row;
  }

  /** @returns a sentence where the head is not one of the restored log's */
  async function contradict(
    link: Link,
    { size, root }: ForeignHead,
    own: number,
  ): Promise<string | undefined> {
    const wayOut =
      'Restore the newest backup made after that; where there is none, the log has to be closed and followed by another';
    if (size > own)
      return `${link.name} holds ${size} entries of ${origin}, the backup had ${own}: something was signed after it. ${wayOut}`;
    if (size === 0 || root === undefined) return undefined;
    const log = await findLog(queries, logId);
    const ownRoot = edgeRoot(await readEdge(queries, log!.id, size));
    return equalBytes(root, ownRoot)
      ? undefined
      : `${link.name} has the root ${bytesToHex(root)} of ${origin} at ${size} entries, which is not the backup's. ${wayOut}`;
  }

  async function prove(size: number): Promise<void> {
    for (const link of links) {
      if (proven.has(link.name)) continue;
      let head: ForeignHead;
      try {
        head = await link.head();
      } catch (error) {
        logger.warn({ err: error, link: link.name }, 'the restored log waits for an answer');
        continue;
      }
      rewound = await contradict(link, head, size);
      if (rewound !== undefined) {
        logger.error({ alarm: true, origin }, `ALARM: ${rewound}`);
        return;
      }
      proven.add(link.name);
    }
    if (links.length === 0 || links.some(({ name }) => !proven.has(name))) return;
    await queries.delete(restorations).where(eq(restorations.origin, origin));
    free = true;
    logger.info({ origin, size }, 'the restored log is proven to be the newest there is, and goes on');
  }

  return {
    async held() {
      if (free) return undefined;
      const restored = await readRestored();
      if (restored === undefined) {
        free = true; // a database is restored while no service is on it
        return undefined;
      }
      const waiting = links.filter(({ name }) => !proven.has(name)).map(({ name }) => name);
      const why =
        links.length === 0
          ? 'neither a chain nor a witness is configured that could show it'
          : `waiting for ${waiting.join(' and ')}`;
      const detail =
        rewound ??
        `this database was restored from a backup of ${restored.size} entries of ${origin}, and nothing is signed until it is ` +
          `known that nothing was signed after it: ${why}`;
      return { kind: errors.platformLogHeld, detail };
    },
    async run(signal) {
      while (!signal.aborted && !free && rewound === undefined) {
        try {
          const restored = await readRestored();
          if (restored === undefined) return;
          await prove(restored.size);
        } catch (error) {
          logger.warn({ err: error }, 'the restored log could not be compared and will be again');
        }
        if (!free && rewound === undefined) await delay(askAgainMs, undefined, { signal }).catch(() => {});
      }
    },
  };
}
