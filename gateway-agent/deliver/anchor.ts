import { setTimeout as delay } from 'node:timers/promises';
import { logId, logIdHex } from '@tianyuan/protocol';
import type { AnchorClient } from '@tianyuan/chain';
import type { Logger } from 'pino';
import type { Store } from '../keep/store.ts';
import type { Checkpoints } from '../log/checkpoints.ts';
import type { Log } from '../log/log.ts';
import type { Restoration } from '../log/restoration.ts';
import type { AnchorCosts } from './anchor-costs.ts';
import { type AnchorPolicy, type AnchorSituation, anchorCause, nextDueMs } from './anchor-policy.ts';
import { orAborted, retryForEver } from './backoff.ts';
import type { Growth } from './growth.ts';
import type { LinkHealth } from './link-health.ts';

/** What anchoring needs of a chain; `@tianyuan/chain`'s client is one. */
export type AnchorChain = Pick<AnchorClient, 'head' | 'append' | 'confirm' | 'costOf' | 'finality'>;

export type Anchorer = {
  /** entries under a root that the chain has, and under one that it cannot lose */
  anchoredSize: () => number;
  finalSize: () => number;
  /** Anchors what the log holds now as soon as the chain answers and the policy's gap is over; what is asked meanwhile goes along. */
  anchorNow: (reason: string) => void;
  run: (signal: AbortSignal) => Promise<void>;
};

/** How often an anchor that is not final yet is looked at. */
const finalityPollMs = 1000;
/** A transaction that is in no block by then is asked for again, which replaces it where it is stuck. */
const confirmTimeoutMs = 60_000;
/** However quiet all is, the chain is asked this often whether it still has the anchor. */
const longestRestMs = 3_600_000;
/** A cost that cannot be asked for, or not be noted on a full disk, is tried again in so many rounds. */
const costTries = 10;
/** Reasons that are named for one anchor; more of them anchor nothing more. */
const maxReasons = 10;

/**
 * Anchors the log's newest root when it has grown and the policy says so, or at once where somebody asks for it. What is
 * anchored is asked of the chain, every time: a lost answer, a restart or an anchor that vanished with its block all end in
 * the same place. It waits for nothing that is uploaded: a reading's "not after" does not depend on a mirror.
 */
export function openAnchorer(options: {
  origin: string;
  policy: AnchorPolicy;
  chain: AnchorChain;
  store: Store;
  log: Log;
  checkpoints: Checkpoints;
  restoration: Restoration;
  costs: AnchorCosts;
  growth: Growth;
  /** told how the link fares, where somebody asks */
  health?: LinkHealth;
  logger: Logger;
  now: () => number;
  /** called before a round that will append; may log a statement of its own first */
  beforeAppend: () => Promise<void>;
}): Anchorer {
  const { origin, policy, chain, store, log, checkpoints, restoration, costs, growth, health, logger, now } =
    options;
  const id = logId(origin);
  const upsert = store.sqlite.prepare(
    `INSERT INTO anchors (size, state, transaction_hash, block_number, block_hash, sent_at) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (size) DO UPDATE SET state = excluded.state, transaction_hash = excluded.transaction_hash,
       block_number = excluded.block_number, block_hash = excluded.block_hash`,
  );
  const forgetAbove = store.sqlite.prepare('DELETE FROM anchors WHERE size > ?');
  const isLocated = store.sqlite
    .prepare('SELECT 1 FROM anchors WHERE size = ? AND block_hash IS NOT NULL')
    .pluck();
  const forget = store.sqlite.prepare('DELETE FROM anchors WHERE size = ?');
  const selectOpen = store.sqlite.prepare(
    "SELECT size, block_number AS blockNumber, block_hash AS blockHash FROM anchors WHERE state = 'anchored' ORDER BY size",
  );
  const setFinal = store.sqlite.prepare(
    "UPDATE anchors SET state = 'final' WHERE size <= ? AND state = 'anchored'",
  );
  const largest = (state: string): number =>
    store.sqlite.prepare(`SELECT COALESCE(MAX(size), 0) FROM anchors WHERE ${state}`).pluck().get() as number;
  let anchored = largest('block_hash IS NOT NULL');
  let final = largest("state = 'final'");
  let anchoredAt =
    (store.sqlite.prepare('SELECT MAX(sent_at) FROM anchors').pluck().get() as number | null) ?? 0;
  /** monotonic ms of the last anchor of this process */
  let anchoredMs = Number.NEGATIVE_INFINITY;
  /** why an anchor was asked for at once, and the size that it must reach */
  const wishes = new Map<string, number>();
  /** transactions whose cost is not noted yet, and the tries that are left */
  const uncounted = new Map<string, number>();

  const situation = (): AnchorSituation => ({
    size: log.size(),
    anchored,
    sinceAnchorMs: performance.now() - anchoredMs,
    anchoredAt,
    now: now(),
    urgent: [...wishes.keys()],
  });

  /** The chain's head of this log, checked against our own history. */
  async function readHead(signal: AbortSignal): Promise<number> {
    const head = await orAborted(chain.head(id), signal);
    restoration.compare('chain', head);
    if (head.size < anchored) {
      logger.warn({ had: anchored, has: head.size }, 'the chain lost an anchor; it is appended again');
      askFor('the chain lost an anchor');
    }
    final = Math.min(final, head.size);
    forgetAbove.run(head.size);
    return head.size;
  }

  async function round(signal: AbortSignal): Promise<void> {
    anchored = await readHead(signal);
    const cause = anchorCause(policy, situation());
    if (cause !== undefined) {
      // Before a statement is logged for it: a log that may not be signed would grow by one with every try.
      checkpoints.requireSignable();
      await orAborted(options.beforeAppend(), signal);
    }
    // An append whose answer was lost is sent once more: the chain answers with the transaction that it has.
    if (cause !== undefined || (anchored > 0 && isLocated.get(anchored) === undefined)) {
      await append(cause === undefined ? anchored : log.size(), cause, signal);
    }
    for (const [reason, size] of wishes) if (size <= anchored) wishes.delete(reason);
    await countCosts(signal);
    await settleFinality(signal);
  }

  function askFor(reason: string): void {
    if (wishes.has(reason) || wishes.size < maxReasons) wishes.set(reason, log.size());
  }

  async function append(target: number, cause: string | undefined, signal: AbortSignal): Promise<void> {
    const { size, root, signature } = checkpoints.at(target);
    const proof = anchored === 0 ? [] : log.consistencyProof(anchored, size);
    const transactionHash = await orAborted(
      chain.append({ logId: id, size, root, proof, signature }),
      signal,
    );
    upsert.run(size, 'sent', transactionHash, null, null, now());
    const confirmation = chain.confirm(transactionHash, { signal, timeoutMs: confirmTimeoutMs });
    const { blockNumber, blockHash } = await lookingMeanwhile(orAborted(confirmation, signal), signal);
    upsert.run(size, 'anchored', transactionHash, blockNumber, blockHash, now());
    anchored = size;
    anchoredMs = performance.now();
    anchoredAt = now();
    logger.info({ size, transactionHash, blockNumber, cause }, 'anchored');
    uncounted.set(transactionHash, costTries);
  }

  /** What it cost is for the owner to know, and no reason to do anything else again. */
  async function countCosts(signal: AbortSignal): Promise<void> {
    for (const [transactionHash, tries] of uncounted) {
      try {
        costs.add(transactionHash, await orAborted(chain.costOf(transactionHash), signal), now());
        uncounted.delete(transactionHash);
      } catch (error) {
        if (signal.aborted) return;
        if (tries > 1) uncounted.set(transactionHash, tries - 1);
        else uncounted.delete(transactionHash);
        logger.warn({ err: error, transactionHash }, 'what an anchor cost is not known');
      }
    }
  }

  async function settleFinality(signal: AbortSignal): Promise<void> {
    const open = selectOpen.all() as { size: number; blockNumber: number; blockHash: string }[];
    // Youngest first: if that one is final, so is all below it.
    for (const { size, blockNumber, blockHash } of open.toReversed()) {
      const anchor = { blockNumber, blockHash, logId: logIdHex(origin), size, root: log.rootAt(size) };
      const finality = await orAborted(chain.finality(anchor), signal);
      if (finality === 'vanished') {
        logger.warn(
          { size, blockNumber },
          'the block of an anchor is gone; it is looked for, or appended again',
        );
        forget.run(size);
      }
      if (finality === 'invented') {
        logger.error(
          { alarm: true, size, blockNumber },
          'ALARM: a node told of an anchor that is not in the block which the pinned validators sealed; it is appended again',
        );
        forget.run(size);
      }
      if (finality !== 'final') continue;
      setFinal.run(size);
      final = Math.max(final, size);
      return;
    }
  }

  /** What was anchored before becomes final also while a transaction is stuck. */
  async function lookingMeanwhile<T>(waiting: Promise<T>, signal: AbortSignal): Promise<T> {
    const over = new AbortController();
    const either = AbortSignal.any([signal, over.signal]);
    const looking = (async () => {
      for (;;) {
        await delay(finalityPollMs, undefined, { signal: either });
        await settleFinality(either);
      }
    })().catch(() => {}); // a chain that cannot be asked is what the one who waits is told of, too
    try {
      return await waiting;
    } finally {
      over.abort();
      await looking;
    }
  }

  /** Until the policy, somebody's wish, or an anchor that is not final yet wants a round. */
  async function rest(signal: AbortSignal): Promise<void> {
    const isDue = (): boolean => anchorCause(policy, situation()) !== undefined;
    const pollMs = final < anchored ? finalityPollMs : longestRestMs;
    const restMs = Math.min(pollMs, nextDueMs(policy, situation()));
    const over = AbortSignal.timeout(Math.ceil(restMs));
    await growth
      .until(() => isDue() || over.aborted, AbortSignal.any([signal, over]))
      .catch((error: unknown) => {
        if (signal.aborted || !over.aborted) throw error;
      });
  }

  return {
    anchoredSize: () => anchored,
    finalSize: () => final,
    anchorNow(reason) {
      if (log.size() <= anchored) return;
      askFor(reason);
      growth.announce();
    },
    async run(signal) {
      while (!signal.aborted) {
        try {
          await retryForEver(
            () => round(signal),
            signal,
            (error, delayMs) => {
              health?.failed(error);
              logger.warn(
                { err: error, retryInMs: Math.round(delayMs) },
                'anchoring failed and will be tried again',
              );
            },
          );
          health?.succeeded();
          await rest(signal);
        } catch (error) {
          if (!signal.aborted)
            logger.error({ err: error }, 'anchoring stopped unexpectedly and starts again');
        }
      }
    },
  };
}
