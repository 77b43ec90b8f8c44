import type { Database, Jobs, Logger } from '@tianyuan/platform';
import { eq } from 'drizzle-orm';
import { z } from 'zod';
import { nationalAttempts } from '../database/schema.ts';
import { mayBringForward } from './next-attempt.ts';
import { type RefreshDeps, type Refreshed, refreshBatch } from './refresh-batch.ts';
import { readDueBatches } from './trace-codes.ts';

const sweepQueue = 'national-sweep';
const refreshQueue = 'national-refresh';

/** One of one batch at a time, queued or under way, in all processes together. */
const jobSchema = z.object({ batchId: z.string() });

/** Of one sweep; what is left is due at the next, a minute later, so the platform gets at most 500 requests a minute from it. */
const batchesASweep = 500;
/** Side by side in one process. */
const refreshesAtOnce = 4;

export type NationalSync = {
  /**
   * Asks for a refresh in the background, for whoever looks at a page of the batch: at once, at most one at a time, and not
   * within half a minute of the last. Never rejects; nobody waits for it.
   */
  want: (batchId: string) => void;
  /** Looks which batches are due, as the schedule does each minute. @returns how many were put into the queue */
  sweep: () => Promise<number>;
};

/** The schedule of the sync: a sweep each minute puts the batches that are due into a queue, and workers refresh them. */
export async function startNationalSync(
  deps: RefreshDeps & { jobs: Jobs; logger: Logger; onRefreshed?: (refreshed: Refreshed) => void },
): Promise<NationalSync> {
  const { jobs, logger, database, adapter, now = Date.now, onRefreshed } = deps;
  // A job that is lost with its process is made again by a later sweep: it needs no retries of its own.
  await jobs.createQueue(refreshQueue, { policy: 'exclusive', retryLimit: 0, expireInSeconds: 300 });
  await jobs.createQueue(sweepQueue, { policy: 'exclusive', retryLimit: 0, expireInSeconds: 60 });

  async function sweep(): Promise<number> {
    const due = await readDueBatches(database.queries, now(), batchesASweep);
    if (due.length === 0) return 0;
    const made = await jobs.insert(
      refreshQueue,
      due.map((batchId) => ({ data: { batchId }, singletonKey: batchId })),
      { returnId: true },
    );
    return made?.length ?? 0;
  }

  async function refresh(batchId: string): Promise<void> {
    const refreshed = await refreshBatch(deps, batchId);
    if (refreshed === undefined) return;
    onRefreshed?.(refreshed);
    if (refreshed.outcome === 'record') return;
    logger.warn({ refreshed }, 'the national platform gave no record, or another one than before');
  }

  await jobs.work(sweepQueue, { pollingIntervalSeconds: 5 }, async () => {
    // One that is sick is known before anybody wants a record of it.
    await Promise.all([sweep(), adapter.probe()]);
  });
  await jobs.work(
    refreshQueue,
    { localConcurrency: refreshesAtOnce, pollingIntervalSeconds: 1 },
    async ([job]) => refresh(jobSchema.parse(job?.data).batchId),
  );
  await jobs.schedule(sweepQueue, '* * * * *');
  return {
    sweep,
    want(batchId) {
      askFor(batchId).catch((error: unknown) =>
        logger.warn({ err: error, batchId }, 'a refresh from the national platform was not asked for'),
      );
    },
  };

  async function askFor(batchId: string): Promise<void> {
    const last = await readLastAttempt(database, batchId);
    if (!mayBringForward(last, now())) return;
    await jobs.send(refreshQueue, { batchId }, { singletonKey: batchId });
  }
}

async function readLastAttempt({ queries }: Database, batchId: string): Promise<number | undefined> {
  const [row] = await queries
    .select({ at: nationalAttempts.at })
    .from(nationalAttempts)
    .where(eq(nationalAttempts.batchId, batchId));
  return row?.at;
}
