import type { Queries } from '@tianyuan/platform';
import { and, eq } from 'drizzle-orm';
import { batches } from '../database/schema.ts';

export type BatchRow = typeof batches.$inferSelect;

/** How a reader names a batch: by its id, or by what is printed on its boxes. GTINs have 14 digits. */
export type BatchName = { batchId: string } | { gtin: string; lot: string };

export async function findBatch(queries: Queries, name: BatchName): Promise<BatchRow | undefined> {
  const named =
    'batchId' in name
      ? eq(batches.batchId, name.batchId)
      : and(eq(batches.gtin, name.gtin), eq(batches.lot, name.lot));
  const [row] = await queries.select().from(batches).where(named);
  return row;
}
