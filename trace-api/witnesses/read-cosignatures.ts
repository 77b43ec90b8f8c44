import type { Queries } from '@tianyuan/platform';
import { and, asc, eq } from 'drizzle-orm';
import { type anchors, cosignatures } from '../database/schema.ts';

/** The witnesses' signature lines over an anchored checkpoint, each with its newline. */
export async function readCosignatures(
  queries: Queries,
  { logId, size, root }: Pick<typeof anchors.$inferSelect, 'logId' | 'size' | 'root'>,
): Promise<string[]> {
  const rows = await queries
    .select({ line: cosignatures.line })
    .from(cosignatures)
    .where(and(eq(cosignatures.logId, logId), eq(cosignatures.size, size), eq(cosignatures.root, root)))
    .orderBy(asc(cosignatures.witness));
  return rows.map(({ line }) => line);
}
