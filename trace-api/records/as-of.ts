import type { Queries } from '@tianyuan/platform';
import { lte, max } from 'drizzle-orm';
import { records } from '../database/schema.ts';

/** No bound: as it stands now. */
export const now = Number.MAX_SAFE_INTEGER;

/**
 * Up to which index, itself excluded, the platform's log was filled at a time.
 * @param timeMs Unix ms; undefined for now
 */
export async function readAsOf(queries: Queries, timeMs: number | undefined): Promise<number> {
  if (timeMs === undefined) return now;
  const [row] = await queries
    .select({ last: max(records.atIndex) })
    .from(records)
    .where(lte(records.at, timeMs));
  return row?.last === null || row === undefined ? 0 : row.last + 1;
}
