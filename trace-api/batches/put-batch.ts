import type { Database } from '@tianyuan/platform';
import { and, eq, ne, sql } from 'drizzle-orm';
import { batches } from '../database/schema.ts';
import { type Batch, batchColumns } from './batch.ts';

export type PutAnswer = { stored: true } | { refused: 'LOT_TAKEN'; owner: string };

/**
 * Creates or replaces what is said of a batch, where the platform has no log to say it in. A GTIN and a lot name one batch only: a box has one page.
 */
export async function putBatch(database: Database, batchId: string, batch: Batch): Promise<PutAnswer> {
  return database.transaction(async (tx) => {
    // Two owners' scripts may claim one lot at the same moment; batches are few, so they queue.
    await tx.execute(sql`lock table ${batches} in share row exclusive mode`);
    const [other] = await tx
      .select({ batchId: batches.batchId })
      .from(batches)
      .where(and(eq(batches.gtin, batch.gtin), eq(batches.lot, batch.lot), ne(batches.batchId, batchId)));
    if (other !== undefined) return { refused: 'LOT_TAKEN', owner: other.batchId };
    const row = batchColumns(batch);
    await tx
      .insert(batches)
      .values({ batchId, ...row })
      .onConflictDoUpdate({ target: batches.batchId, set: row });
    return { stored: true };
  });
}
