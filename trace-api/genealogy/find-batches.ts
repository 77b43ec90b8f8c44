import { type Queries, bulk, isAnyOf } from '@tianyuan/platform';
import { and, asc, eq, lt, sql } from 'drizzle-orm';
import { batchColumns } from '../batches/batch.ts';
import type { CatalogueBody } from '../catalogue/statements.ts';
import { batches, catalogueFacts } from '../database/schema.ts';
import type { BatchRow } from '../batches/find-batch.ts';
import { now } from '../records/as-of.ts';
import { lotOf, lotUri } from './thing.ts';

/** The batches of these lots, by the lots' URIs, as their owners had said before `asOf`; a lot that none spoke of has none. */
export async function findBatches(
  queries: Queries,
  lots: readonly string[],
  asOf: number = now,
): Promise<Map<string, BatchRow>> {
  const names = lots.map(lotOf);
  const named = sql`select * from unnest(
    ${bulk.text(names.map(({ gtin }) => gtin))}, ${bulk.text(names.map(({ lot }) => lot))})`;
  const rows = await queries
    .select()
    .from(batches)
    .where(sql`(${batches.gtin}, ${batches.lot}) in (${named})`);
  const then = asOf === now ? rows : await asThen(queries, rows, asOf);
  return new Map(then.map((row) => [lotUri(row), row]));
}

/** Of a batch that has no record, as it was put before the platform had a log, nobody knows how it stood. */
async function asThen(queries: Queries, rows: readonly BatchRow[], asOf: number): Promise<BatchRow[]> {
  const facts = await queries
    .select({ id: catalogueFacts.id, body: catalogueFacts.body })
    .from(catalogueFacts)
    .where(
      and(
        eq(catalogueFacts.kind, 'batch'),
        isAnyOf(
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
