import type { Queries } from '@tianyuan/platform';
import { and, asc, eq, inArray, lt, sql } from 'drizzle-orm';
import { batchColumns } from '../batches/batch.ts';
import type { CatalogueBody } from '../catalogue/statements.ts';
import { batches, catalogueFacts } from '../database/schema.ts';
import type { BatchRow } from '../batches/find-batch.ts';
import { now } from '../records/as-of.ts';
import { lotOf, lotUri } from './thing.ts';

/** Lots a statement: two values each, and a statement binds 32,767. */
const lotsAQuery = 10_000;

/** The batches of these lots, by the lots' URIs, as their owners had said before `asOf`; a lot that none spoke of has none. */
export async function findBatches(
  queries: Queries,
  lots: readonly string[],
  asOf: number = now,
): Promise<Map<string, BatchRow>> {
  const found = new Map<string, BatchRow>();
  for (let from = 0; from < lots.length; from += lotsAQuery) {
    const names = lots.slice(from, from + lotsAQuery).map(lotOf);
    const rows = await queries
      .select()
      .from(batches)
      .where(
        inArray(
          sql`(${batches.gtin}, ${batches.lot})`,
          names.map(({ gtin, lot }) => sql`(${gtin}, ${lot})`),
        ),
      );
    for (const row of asOf === now ? rows : await asThen(queries, rows, asOf)) found.set(lotUri(row), row);
  }
  return found;
}

/** Of a batch that has no record, as it was put before the platform had a log, nobody knows how it stood. */
async function asThen(queries: Queries, rows: readonly BatchRow[], asOf: number): Promise<BatchRow[]> {
  const facts = await queries
    .select({ id: catalogueFacts.id, body: catalogueFacts.body })
    .from(catalogueFacts)
    .where(
      and(
        eq(catalogueFacts.kind, 'batch'),
        inArray(
          catalogueFacts.id,
          rows.map(({ batchId }) => batchId),
        ),
        lt(catalogueFacts.atIndex, asOf),
      ),
    )
    .orderBy(asc(catalogueFacts.atIndex));
  const said = new Map(facts.map(({ id, body }) => [id, body as CatalogueBody<'batch'>])); // the last one counts
  return rows.flatMap((row) => {
    if (row.createdAt === null) return [row];
    const then = said.get(row.batchId);
    return then === undefined
      ? []
      : [{ ...row, ...batchColumns(then), published: row.published && then.published }];
  });
}
