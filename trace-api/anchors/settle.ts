import type { FinalityRule } from '@tianyuan/chain';
import type { Database, Logger } from '@tianyuan/platform';
import type { Validators } from '@tianyuan/protocol';
import type { VerifySignature } from '../ingest/examine-entry.ts';
import { sweepKeys } from '../keys/sweep-keys.ts';
import { captureMirrored } from '../records/capture-mirrored.ts';
import type { Records } from '../records/open-records.ts';
import { hasStaleRecords, rebuild } from '../records/rebuild.ts';
import type { Evidence } from './evidence.ts';
import { gatherEvidence } from '../prove/gather-evidence.ts';
import type { Followed } from './follow-chain.ts';
import { settleAnchors } from './settle-anchors.ts';
import { settleFinality } from './settle-finality.ts';

export type Settler = {
  /** Something changed: settle soon. */
  nudge: () => void;
  /** resolves when the signal has stopped it, and what was under way is done */
  run: (signal: AbortSignal) => Promise<void>;
};

/** Finality comes with time alone, and what another process on the same database did comes without a nudge. */
const everyMs = 1_000;

/**
 * Brings together what arrives in any order: uploads, anchors, keys. One at a time, after every nudge and every second;
 * what fails, because the chain or the database does not answer, is tried again the next time.
 */
export function settler(options: {
  database: Database;
  /** the platform's own log, where it has one */
  records: Records | undefined;
  /** whether that log may be written now */
  mayRecord: () => Promise<boolean>;
  /** the contracts and a node of their chain, once it is known which */
  followed: () => Followed | undefined;
  finality: FinalityRule;
  validators: Validators | undefined;
  verify: VerifySignature;
  logger: Logger;
  onEvidence: (evidence: Evidence) => void;
}): Settler {
  const { database, verify, logger, onEvidence, records } = options;
  let wake: () => void = () => {};

  async function settleOnce(): Promise<void> {
    const rejudged = await sweepKeys(database, verify);
    if (records !== undefined) {
      // A key that came or went changes which records count; what they made is made anew.
      if (rejudged.size > 0 && (await hasStaleRecords(database.queries, records.logId))) {
        await rebuild(database, records.origin);
      }
      if (await options.mayRecord()) await captureMirrored(database, records);
    }
    for (const evidence of await settleAnchors(database.queries, verify)) onEvidence(evidence);
    const followed = options.followed();
    if (followed === undefined) return;
    const { queries } = database;
    const { finality, validators } = options;
    for (const invented of await settleFinality(queries, followed.node, finality)) {
      logger.error(
        { alarm: true, ...invented },
        'ALARM: a node told of an anchor that is not in the block which the pinned validators sealed; it is taken back',
      );
    }
    await gatherEvidence({ ...followed, queries, finality, validators, logger });
  }

  return {
    nudge: () => wake(),
    async run(signal) {
      signal.addEventListener('abort', () => wake());
      while (!signal.aborted) {
        const nudged = new Promise<void>((resolve) => (wake = resolve));
        await settleOnce().catch((error) =>
          logger.warn({ err: error }, 'settling failed and will be tried again'),
        );
        if (signal.aborted) return;
        const timer = setTimeout(() => wake(), everyMs);
        await nudged;
        clearTimeout(timer);
      }
    },
  };
}
