import { setTimeout as delay } from 'node:timers/promises';
import type { Database, Logger, Queries } from '@tianyuan/platform';
import { and, asc, eq, gt, isNull } from 'drizzle-orm';
import { anchors, batchSummaries, provenSummaries } from '../database/schema.ts';
import type { DomainEvent } from '../records/recorded.ts';
import type { TraceEvents } from './open-events.ts';

const everyMs = 5_000; // an anchor comes every minute, and is final a little later
const atOnce = 100;

type Deps = { database: Database; logId: string; publish: TraceEvents['publish'] };

/**
 * Publishes `Batch.Proven` for each summary of a batch that a final anchor of the platform's log covers, once. A rebuild
 * does not publish them again: that they were is remembered apart from what it empties.
 * @returns how many were published
 */
export async function publishProven({ database, logId, publish }: Deps, now: number): Promise<number> {
  const due = await readDue(database.queries, logId);
  for (const summary of due) {
    await database.transaction(async (tx) => {
      const first = await tx
        .insert(provenSummaries)
        .values({ atIndex: summary.atIndex, at: now })
        .onConflictDoNothing()
        .returning({ atIndex: provenSummaries.atIndex });
      if (first.length > 0) await publish(tx, [eventOf(summary, logId)], { at: now });
    });
  }
  return due.length;
}

/** Publishes what is proven until the signal aborts. */
export async function runProven(deps: Deps, logger: Logger, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await publishProven(deps, Date.now()).catch((error) =>
      logger.warn({ err: error }, 'publishing what is proven failed and will be tried again'),
    );
    await delay(everyMs, undefined, { signal }).catch(() => {});
  }
}

type Due = Awaited<ReturnType<typeof readDue>>[number];

/** Each summary that is not published yet, with the first final anchor that covers it: the one that its proof names. */
async function readDue(queries: Queries, logId: string) {
  return queries
    .selectDistinctOn([batchSummaries.atIndex], {
      atIndex: batchSummaries.atIndex,
      batchId: batchSummaries.batchId,
      anchor: anchors,
    })
    .from(batchSummaries)
    .innerJoin(
      anchors,
      and(
        eq(anchors.logId, logId),
        gt(anchors.size, batchSummaries.atIndex),
        eq(anchors.final, true),
        eq(anchors.agrees, true),
      ),
    )
    .leftJoin(provenSummaries, eq(provenSummaries.atIndex, batchSummaries.atIndex))
    .where(isNull(provenSummaries.atIndex))
    .orderBy(asc(batchSummaries.atIndex), asc(anchors.size))
    .limit(atOnce);
}

function eventOf({ atIndex, batchId, anchor }: Due, logId: string): DomainEvent {
  return {
    type: 'Batch.Proven',
    version: 1,
    payload: {
      batch_id: batchId,
      record_index: atIndex,
      log_id: logId,
      log_size: anchor.size,
      chain_id: anchor.chainId,
      transaction_hash: anchor.transactionHash,
      block_number: anchor.blockNumber,
    },
  };
}
