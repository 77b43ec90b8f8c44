import type { Queries } from '@tianyuan/platform';
import { sql } from 'drizzle-orm';
import { evidence } from '../database/schema.ts';

/** A contradiction that somebody signed. */
export type Evidence = {
  /**
   * FORK: a log's key signed two histories, one of which was offered to the mirror. ANCHOR_MISMATCH: the chain has
   * another root for a size than the mirror. ANCHOR_SIGNATURE: the chain carries a checkpoint signature that is not
   * the log's.
   */
  kind: 'FORK' | 'ANCHOR_MISMATCH' | 'ANCHOR_SIGNATURE';
  logId: string;
  /** tells this contradiction from others of its kind */
  subject: string;
  detail: Record<string, unknown>;
};

/** @returns whether it is new */
export async function recordEvidence(queries: Queries, found: Evidence): Promise<boolean> {
  const rows = await queries
    .insert(evidence)
    .values({ ...found, foundAt: sql`(extract(epoch from now()) * 1000)::int8` })
    .onConflictDoNothing()
    .returning({ id: evidence.id });
  return rows.length > 0;
}
