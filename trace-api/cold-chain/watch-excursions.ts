import { setTimeout as wait } from 'node:timers/promises';
import type { Database, Logger } from '@tianyuan/platform';
import { and, asc, eq, gt, inArray, max, or } from 'drizzle-orm';
import { batchOf } from '../batches/batch.ts';
import { presently } from '../batches/when.ts';
import { findBatchesAmong, readMeasured } from '../carriage/read-carriage.ts';
import { batches, profileChoices, records as recordRows } from '../database/schema.ts';
import type { Settled } from '../ingest/settle-entries.ts';
import type { Records } from '../records/open-records.ts';
import { logExcursions } from './log-excursions.ts';
import { hasChoices } from './read-profile.ts';
import { recordKnownProfiles } from './record-known-profiles.ts';

/** Readings come in uploads of seconds: nobody waits for an excursion of half an hour, and each look costs a batch's readings. */
const everyMs = 5_000;
/** What nobody told of, keys that were judged anew and uploads that another process took, is found by then. */
const allEveryMs = 3600_000;
/** After which all batches are looked at: who is in what may be another, or what counts. */
const turning = ['binding', 'event', 'profile', 'profile-choice', 'batch'];

export type ExcursionWatch = {
  /** What an upload brought; returns at once. */
  taken: (settled: readonly Pick<Settled, 'verified' | 'message'>[]) => void;
  /** resolves when the signal has stopped it, and what was under way is done */
  run: (signal: AbortSignal) => Promise<void>;
};

/**
 * Looks for excursions after ingest, apart from it, and has the platform's log say what is found. Whatever it forgets in
 * a crash it finds again, since it begins with all batches and works out what the log does not say yet.
 */
export function excursionWatch(options: {
  database: Database;
  records: Records;
  logger: Logger;
  now?: () => number;
}): ExcursionWatch & { pass: () => Promise<void> } {
  const { database, records, logger, now = Date.now } = options;
  const { queries } = database;
  const named = new Set<string>();
  const devices = new Set<string>();
  let recordsSeen = -1;
  let allAt = -Infinity;

  async function takeDue(): Promise<string[]> {
    const last = await lastTurn();
    if (last > recordsSeen || now() - allAt >= allEveryMs) {
      recordsSeen = last;
      allAt = now();
      named.clear();
      devices.clear();
      return allBatches();
    }
    const due = new Set(named);
    for (const device of devices) {
      const things = (await readMeasured(queries, device, presently.asOf)).map(({ thing }) => thing);
      for (const { batchId } of await findBatchesAmong(queries, [...new Set(things)])) due.add(batchId);
    }
    named.clear();
    devices.clear();
    return [...due];
  }

  async function lastTurn(): Promise<number> {
    const [row] = await queries
      .select({ last: max(recordRows.atIndex) })
      .from(recordRows)
      .where(and(inArray(recordRows.name, turning), gt(recordRows.atIndex, recordsSeen)));
    return row?.last ?? recordsSeen;
  }

  /** That a profile was ever chosen for: one that has none any more may have excursions to withdraw. */
  async function allBatches(): Promise<string[]> {
    const rows = await queries
      .selectDistinct({ batchId: batches.batchId })
      .from(batches)
      .innerJoin(
        profileChoices,
        or(eq(profileChoices.batchId, batches.batchId), eq(profileChoices.gtin, batches.gtin)),
      )
      .orderBy(asc(batches.batchId));
    return rows.map(({ batchId }) => batchId);
  }

  async function pass(): Promise<void> {
    if (!(await hasChoices(queries))) return;
    await recordKnownProfiles(database, records);
    for (const batchId of await takeDue()) {
      try {
        await logExcursions(database, records, batchId, now());
      } catch (error) {
        named.add(batchId); // the next pass tries again
        logger.warn({ err: error, batchId }, 'excursions of a batch were not looked for, and will be');
      }
    }
  }

  return {
    taken(settled) {
      for (const { verified, message } of settled) {
        if (!verified || message === null || !('readings' in message)) continue;
        devices.add(message.device);
        const batchId = batchOf(message);
        if (batchId !== undefined) named.add(batchId);
      }
    },
    pass,
    async run(signal) {
      while (!signal.aborted) {
        await pass().catch((error) =>
          logger.warn({ err: error }, 'looking for excursions failed, and goes on'),
        );
        await wait(everyMs, undefined, { signal }).catch(() => undefined);
      }
    },
  };
}
