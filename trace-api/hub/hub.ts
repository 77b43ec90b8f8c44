import { setTimeout as delay } from 'node:timers/promises';
import { type AppendRequest, type HubClient, isPassing } from '@tianyuan/chain';
import type { Database, Logger } from '@tianyuan/platform';
import { bytesToHex, hexToBytes } from '@tianyuan/protocol';
import { type Unappendable, chooseAppend, findDueLogs } from './choose-appends.ts';

/** When the hub anchors, and how much at once. */
export type HubPolicy = {
  intervalMs: number;
  /** logs in one transaction; a block's gas may allow fewer */
  maxLogs: number;
};

/** What one round did. `leftOut` by log id, with the contract's code or the hub's own. */
export type HubRound = {
  anchored: number;
  gasUsed: number;
  transactionHash: string | undefined;
  leftOut: Map<string, string>;
  /** logs that are due and did not fit */
  postponed: number;
};

export type Hub = {
  /** One transaction at most. Does again nothing that the chain has: the chain is asked, and nothing of it is remembered. */
  round: (signal: AbortSignal) => Promise<HubRound>;
  /** resolves when the signal has stopped it */
  run: (signal: AbortSignal) => Promise<void>;
};

/**
 * Due logs that are looked at in a round, for each that may be anchored: some belong to others, some are left out. Where they
 * fill a round, the next one goes on behind them.
 */
const lookedAtFactor = 4;
const readsAtOnce = 20;
/** In silence a log is named as left out only this often: it may stay so for months. */
const repeatEveryMs = 3_600_000;

/**
 * Anchors for gateways that have no account. Each hands over what it has signed by uploading it; the hub appends to every
 * log whose organisation has granted its account the anchorer's role. It can hold an anchor back, and forge none: the
 * contract checks each growth, and each signature is the gateway's.
 */
export function openHub(options: {
  database: Database;
  /** the contracts that are followed at present; undefined before it is known where they are */
  chain: () => HubClient | undefined;
  policy: HubPolicy;
  logger: Logger;
  onRound?: (round: HubRound) => void;
}): Hub {
  const { database, policy, logger, onRound } = options;
  const { queries } = database;
  /** the place among the due logs at which the next round begins to look */
  let lookFrom = 0;
  const told = new Map<string, { reason: string; at: number }>();

  async function gather(
    chain: HubClient,
  ): Promise<{ requests: AppendRequest[]; refused: Map<string, Unappendable> }> {
    const atMost = policy.maxLogs * lookedAtFactor;
    const from = lookFrom;
    const due = await findDueLogs(queries, from, atMost);
    const requests: AppendRequest[] = [];
    const refused = new Map<string, Unappendable>();
    for (let i = 0; i < due.length && requests.length < policy.maxLogs; i += readsAtOnce) {
      const some = due.slice(i, i + readsAtOnce);
      const heads = await Promise.all(some.map(({ logId }) => chain.readLog(hexToBytes(logId))));
      for (const [j, log] of some.entries()) {
        const chosen = await chooseAppend(queries, log, heads[j]!);
        if (typeof chosen !== 'string') requests.push(chosen);
        else if (chosen !== 'NOT_OURS' && chosen !== 'UP_TO_DATE') refused.set(log.logId, chosen);
      }
    }
    // Those that can't be anchored stay first in line for ever: they may hold up the others for a few rounds only.
    lookFrom = due.length === atMost && requests.length < policy.maxLogs ? from + atMost : 0;
    return { requests: requests.slice(0, policy.maxLogs), refused };
  }

  function tell(logId: string, reason: string, detail: string | undefined): void {
    const before = told.get(logId);
    if (before?.reason === reason && Date.now() - before.at < repeatEveryMs) return;
    told.set(logId, { reason, at: Date.now() });
    logger.warn({ logId, reason, detail }, 'the hub leaves a log out; the others are anchored');
  }

  async function round(signal: AbortSignal): Promise<HubRound> {
    const leftOut = new Map<string, string>();
    const chain = options.chain();
    if (chain === undefined) {
      return { anchored: 0, gasUsed: 0, transactionHash: undefined, leftOut, postponed: 0 };
    }
    const { requests, refused } = await gather(chain);
    for (const [logId, reason] of refused) {
      leftOut.set(logId, reason);
      tell(logId, reason, undefined);
    }
    const batch = await chain.appendMany(requests);
    for (const { request, reason } of batch.leftOut) {
      const logId = bytesToHex(request.logId);
      leftOut.set(logId, reason.code);
      tell(logId, reason.code, reason.message);
    }
    const { transactionHash, sent } = batch;
    const done: HubRound = {
      anchored: 0,
      gasUsed: 0,
      transactionHash,
      leftOut,
      postponed: batch.postponed.length,
    };
    if (transactionHash !== undefined) {
      const { blockNumber, gasUsed } = await chain.confirm(transactionHash, { signal });
      Object.assign(done, { anchored: sent.length, gasUsed });
      for (const { logId } of sent) told.delete(bytesToHex(logId));
      logger.info({ logs: sent.length, transactionHash, blockNumber, gasUsed }, 'the hub has anchored');
    }
    onRound?.(done);
    return done;
  }

  return {
    round,
    async run(signal) {
      while (!signal.aborted) {
        let more = false;
        try {
          more = (await round(signal)).postponed > 0;
        } catch (error) {
          if (signal.aborted) return;
          const level = isPassing(error) ? 'warn' : 'error';
          logger[level]({ err: error }, 'the hub could not anchor and will try again');
        }
        await delay(more ? 0 : policy.intervalMs, undefined, { signal }).catch(() => {});
      }
    },
  };
}
