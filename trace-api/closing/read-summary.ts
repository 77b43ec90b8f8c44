import type { Queries } from '@tianyuan/platform';
import { bytesToHex } from '@tianyuan/protocol';
import { inArray } from 'drizzle-orm';
import type { BatchRow } from '../batches/find-batch.ts';
import { readProgress } from '../batches/read-progress.ts';
import { readScope } from '../batches/read-scope.ts';
import { presently } from '../batches/when.ts';
import { findEntry } from '../catalogue/read-catalogue.ts';
import { logs } from '../database/schema.ts';
import { sayAmount } from '../genealogy/amount.ts';
import { readGenealogy } from '../genealogy/read-genealogy.ts';
import { readEvents } from '../genealogy/read-steps.ts';
import type { LogReadings, Summary } from './summary.ts';

/** The summary of a batch by the records below `asOf`, with what was said of its readings then. */
export async function readSummary(
  queries: Queries,
  batchId: string,
  asOf: number,
  readings: LogReadings[],
): Promise<Summary> {
  const said = await findEntry(queries, 'batch', batchId, asOf);
  const graph = await readGenealogy(queries, batchId, asOf, 'ancestors');
  const events = await readEvents(queries, batchId, asOf);
  return {
    v: 1,
    batchId,
    asOf,
    batch: said?.body ?? null,
    edges: (graph?.edges ?? []).map(({ index, from, to, used, made }) => ({
      index,
      from,
      to,
      used: sayAmount(used),
      made: sayAmount(made),
    })),
    events: events.map(({ atIndex }) => atIndex).toSorted((a, b) => a - b),
    readings,
  };
}

/** How many messages of the batch each log has now, and the root under which they are in it. */
export async function readLogReadings(queries: Queries, batch: BatchRow): Promise<LogReadings[]> {
  const { logs: parts } = await readProgress(queries, await readScope(queries, batch, presently));
  if (parts.length === 0) return [];
  const heads = await queries
    .select({ logId: logs.logId, size: logs.size, root: logs.root })
    .from(logs)
    .where(
      inArray(
        logs.logId,
        parts.map(({ logId }) => logId),
      ),
    );
  return heads
    .map(({ logId, size, root }) => ({
      logId,
      size,
      root: bytesToHex(root),
      messages: parts.find((part) => part.logId === logId)!.messages,
    }))
    .toSorted((a, b) => (a.logId < b.logId ? -1 : 1));
}
