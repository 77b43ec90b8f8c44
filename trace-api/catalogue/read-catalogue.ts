import type { Queries } from '@tianyuan/platform';
import { and, desc, eq, lt } from 'drizzle-orm';
import { catalogueFacts } from '../database/schema.ts';
import type { CatalogueBody, CatalogueKind } from './statements.ts';

/** What was said of a thing, and the record that says so. */
export type CatalogueEntry<Kind extends CatalogueKind> = {
  body: CatalogueBody<Kind>;
  index: number;
  /** Unix ms */
  at: number;
};

/** The last word about a product, a SKU, a plot or a batch before `asOf`. */
export async function findEntry<Kind extends CatalogueKind>(
  queries: Queries,
  kind: Kind,
  id: string,
  asOf: number,
): Promise<CatalogueEntry<Kind> | undefined> {
  const [row] = await queries
    .select({ body: catalogueFacts.body, index: catalogueFacts.atIndex, at: catalogueFacts.at })
    .from(catalogueFacts)
    .where(and(eq(catalogueFacts.kind, kind), eq(catalogueFacts.id, id), lt(catalogueFacts.atIndex, asOf)))
    .orderBy(desc(catalogueFacts.atIndex))
    .limit(1);
  return row && { ...row, body: row.body as CatalogueBody<Kind> };
}
