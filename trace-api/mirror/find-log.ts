import type { Queries } from '@tianyuan/platform';
import { eq } from 'drizzle-orm';
import { logs } from '../database/schema.ts';

export type LogRow = typeof logs.$inferSelect;

/** A log that has at least one mirrored entry. */
export async function findLog(queries: Queries, logId: string): Promise<LogRow | undefined> {
  const [row] = await queries.select().from(logs).where(eq(logs.logId, logId));
  return row === undefined || row.size === 0 ? undefined : row;
}
