import type { Queries } from '@tianyuan/platform';
import { encodeBase64 } from '@tianyuan/protocol';
import { and, asc, desc, eq, gt, lte } from 'drizzle-orm';
import { type Contradictions, readContradictions } from '../anchors/read-contradictions.ts';
import { anchors, logFlags } from '../database/schema.ts';
import { readNewestLiveHead } from '../live/live-heads.ts';
import type { LogRow } from './find-log.ts';
import { type Closure, type Continuation, readClosure, readContinuation } from './read-succession.ts';

/** How far a log got, for gateways, launchers and the curious. */
export type LogDescription = {
  logId: string;
  origin: string;
  size: number;
  /** base64 of 32 bytes */
  root: string;
  /** entries below these sizes are anchored, and final */
  anchoredSize: number;
  finalSize: number;
  /** the newest head that was shown ahead of a backfill */
  live: { size: number; root: string } | null;
  messages: number;
  verified: number;
  flagged: Record<string, number>;
  /** null while the log is open */
  closed: Closure | null;
  /** null for a log that carries on for no other */
  continues: Continuation | null;
} & Contradictions;

/** @param timeMs with the anchors of blocks until then, Unix ms; everything else is as it is now */
export async function describeLog(queries: Queries, log: LogRow, timeMs?: number): Promise<LogDescription> {
  const { anchoredSize, finalSize } = await readAnchoredSizes(queries, log.logId, timeMs);
  const live = await readNewestLiveHead(queries, log);
  const counts = await queries
    .select({ flag: logFlags.flag, count: logFlags.count })
    .from(logFlags)
    .where(and(eq(logFlags.log, log.id), gt(logFlags.count, 0)))
    .orderBy(asc(logFlags.flag));
  return {
    logId: log.logId,
    origin: log.origin,
    size: log.size,
    root: encodeBase64(log.root),
    anchoredSize,
    finalSize,
    live: live === undefined ? null : { size: live.size, root: encodeBase64(live.root) },
    messages: log.messages,
    verified: log.verified,
    flagged: Object.fromEntries(counts.map(({ flag, count }) => [flag, count])),
    ...(await readContradictions(queries, log.logId)),
    closed: await readClosure(queries, log.logId),
    continues: await readContinuation(queries, log),
  };
}

/** The largest sizes whose anchors the mirror agrees with. */
async function readAnchoredSizes(
  queries: Queries,
  logId: string,
  timeMs: number | undefined,
): Promise<{ anchoredSize: number; finalSize: number }> {
  const largest = async (isFinal?: true): Promise<number> => {
    const [row] = await queries
      .select({ size: anchors.size })
      .from(anchors)
      .where(
        and(
          eq(anchors.logId, logId),
          eq(anchors.agrees, true),
          isFinal && eq(anchors.final, isFinal),
          timeMs === undefined ? undefined : lte(anchors.blockTime, Math.floor(timeMs / 1000)),
        ),
      )
      .orderBy(desc(anchors.size))
      .limit(1);
    return row?.size ?? 0;
  };
  return { anchoredSize: await largest(), finalSize: await largest(true) };
}
