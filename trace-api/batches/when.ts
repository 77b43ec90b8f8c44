import { z } from '@hono/zod-openapi';
import type { Queries } from '@tianyuan/platform';
import { lte, max } from 'drizzle-orm';
import { checkpoints } from '../database/schema.ts';
import { now, readAsOf } from '../records/as-of.ts';

/** Of what moment somebody asks: what the platform's log said before `asOf`, and what was mirrored at `timeMs`. */
export type When = { timeMs: number | undefined; asOf: number };

export const presently: When = { timeMs: undefined, asOf: now };

/** @param timeMs Unix ms; undefined for now */
export async function readWhen(queries: Queries, timeMs: number | undefined): Promise<When> {
  return { timeMs, asOf: await readAsOf(queries, timeMs) };
}

/** How many entries of each log were mirrored then: what the checkpoints that had come led to. */
export async function readSizes(queries: Queries, timeMs: number): Promise<{ log: number; size: number }[]> {
  const rows = await queries
    .select({ log: checkpoints.log, size: max(checkpoints.size) })
    .from(checkpoints)
    .where(lte(checkpoints.receivedAt, timeMs))
    .groupBy(checkpoints.log);
  return rows.map(({ log, size }) => ({ log, size: size ?? 0 }));
}

/** The query of a route that can be asked as of a date. */
export const whenSchema = z.object({
  asOf: z.coerce
    .number()
    .int()
    .min(0)
    .max(Number.MAX_SAFE_INTEGER)
    .optional()
    .openapi({ description: 'as it stood then, Unix ms', example: 1790000000000 }),
});
