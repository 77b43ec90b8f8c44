import type { Queries } from '@tianyuan/platform';
import { and, desc, eq, gt, lte } from 'drizzle-orm';
import { liveHeads, liveReadings } from '../database/schema.ts';

/** A head that a log signed ahead of what is mirrored of it. */
export type LiveHead = { size: number; root: Uint8Array; note: string };

const { size, root, note } = liveHeads;

/** Heads of sizes above `above` and up to `upTo`: what the mirror has to come to when it gets there. */
export function readLiveHeads(
  queries: Queries,
  log: number,
  { above, upTo }: { above: number; upTo: number },
): Promise<LiveHead[]> {
  return queries
    .select({ size, root, note })
    .from(liveHeads)
    .where(and(eq(liveHeads.log, log), gt(size, above), lte(size, upTo)));
}

/** @param log the mirror's number of the log */
export async function readNewestLiveHead(
  queries: Queries,
  log: { id: number; size: number },
): Promise<LiveHead | undefined> {
  const [newest] = await queries
    .select({ size, root, note })
    .from(liveHeads)
    .where(and(eq(liveHeads.log, log.id), gt(size, log.size)))
    .orderBy(desc(size))
    .limit(1);
  return newest;
}

/** What was shown ahead and is mirrored now. */
export async function forgetLive(tx: Queries, log: number, mirrored: number): Promise<void> {
  await tx.delete(liveHeads).where(and(eq(liveHeads.log, log), lte(liveHeads.size, mirrored)));
  await tx.delete(liveReadings).where(and(eq(liveReadings.log, log), lte(liveReadings.index, mirrored - 1)));
}
