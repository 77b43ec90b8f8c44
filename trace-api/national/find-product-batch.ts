import type { Queries } from '@tianyuan/platform';
import { isGtin, parseGtin } from '@tianyuan/protocol';
import { and, desc, eq, inArray, or, sql } from 'drizzle-orm';
import type { BatchRow } from '../batches/find-batch.ts';
import { batches, catalogueFacts } from '../database/schema.ts';

/** Which batch of a product is meant: by its id, by its lot, or the newest one that is published. */
export type BatchChoice = { batch?: string | undefined; lot?: string | undefined };

/**
 * A published batch of a product, which is named by its id in the catalogue or by its GTIN, in any of its lengths.
 * @returns undefined where there is none, or the batch is another product's
 */
export async function findProductBatch(
  queries: Queries,
  productId: string,
  { batch, lot }: BatchChoice,
): Promise<BatchRow | undefined> {
  // What its SKUs are now: the last word about each.
  const skus = queries
    .selectDistinctOn([catalogueFacts.id], { id: catalogueFacts.id, body: catalogueFacts.body })
    .from(catalogueFacts)
    .where(eq(catalogueFacts.kind, 'sku'))
    .orderBy(catalogueFacts.id, desc(catalogueFacts.atIndex))
    .as('skus');
  const ofProduct = queries
    .select({ id: skus.id })
    .from(skus)
    .where(sql`${skus.body} ->> 'productId' = ${productId}`);
  const [row] = await queries
    .select()
    .from(batches)
    .where(
      and(
        eq(batches.published, true),
        or(
          inArray(batches.skuId, ofProduct),
          isGtin(productId) ? eq(batches.gtin, parseGtin(productId)) : undefined,
        ),
        batch === undefined ? undefined : eq(batches.batchId, batch),
        lot === undefined ? undefined : eq(batches.lot, lot),
      ),
    )
    .orderBy(sql`${batches.harvestedAt} desc nulls last`, desc(batches.batchId))
    .limit(1);
  return row;
}
