import type { Queries } from '@tianyuan/platform';
import { eq, sql } from 'drizzle-orm';
import { batches, qualityChecks, reports, statusFacts } from '../database/schema.ts';
import { hasRole } from '../people/authorize.ts';
import type { Principal } from '../people/principal.ts';

/** A record that names a file. */
type Naming = { batchId: string | null; isOpen: boolean };

/** Whether any record of the log names a file of this hash: only such a file is taken from those who are not the owner. */
export async function isNamed(queries: Queries, sha256: string): Promise<boolean> {
  return (await readNamings(queries, sha256)).length > 0;
}

/**
 * A file is for anybody where a report or quality check of a published batch names it; else for the owner, and for those who
 * hold a role over a batch that it is about.
 */
export async function maySeeFile(
  queries: Queries,
  sha256: string,
  principal: Principal | undefined,
  now: number,
): Promise<boolean> {
  if (principal?.isOwner) return true;
  const namings = await readNamings(queries, sha256);
  if (namings.some(({ isOpen }) => isOpen)) return true;
  if (principal === undefined) return false;
  for (const batchId of new Set(namings.flatMap((naming) => naming.batchId ?? []))) {
    if (await hasRole(queries, principal.id, { kind: 'batch', id: batchId }, now)) return true;
  }
  return false;
}

const mostNamings = 100; // one picture is of one batch; more is somebody's mistake

async function readNamings(queries: Queries, sha256: string): Promise<Naming[]> {
  const isPublished = sql<boolean>`coalesce(${batches.published}, false)`;
  const named = await queries
    .select({ batchId: reports.batchId, counts: reports.counts, published: isPublished })
    .from(reports)
    .leftJoin(batches, eq(batches.batchId, reports.batchId))
    .where(eq(reports.sha256, sha256))
    .limit(mostNamings);
  const checked = await queries
    .select({ batchId: qualityChecks.batchId, published: isPublished })
    .from(qualityChecks)
    .leftJoin(batches, eq(batches.batchId, qualityChecks.batchId))
    .where(eq(qualityChecks.sha256, sha256))
    .limit(mostNamings);
  // The list of a recall names holders and orders: it is for those who handle it.
  const recalled = await queries
    .select({ batchId: statusFacts.batchId })
    .from(statusFacts)
    .where(sql`${statusFacts.evidence} ->> 'sha256' = ${sha256}`)
    .limit(mostNamings);
  return [
    ...named.map(({ batchId, counts, published }) => ({ batchId, isOpen: counts && published })),
    ...checked.map(({ batchId, published }) => ({ batchId, isOpen: published })),
    ...recalled.map(({ batchId }) => ({ batchId, isOpen: false })),
  ];
}
