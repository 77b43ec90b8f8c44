import type { Queries } from '@tianyuan/platform';
import { and, asc, eq, gt, lte, sql } from 'drizzle-orm';
import { anchors, logs, shares } from '../database/schema.ts';
import { readContinuation } from '../mirror/read-succession.ts';
import { type BatchScope, messagesInScope } from './batch-scope.ts';
import type { AnchorView, BatchView } from './batch-view.ts';

/** How far the batch's messages got. */
export type Progress = Pick<BatchView, 'messages' | 'logs' | 'anchor' | 'sample'>;

/** What the mirror has of a batch in one log. `first` and `lastAnchored` are the indices of messages. */
type LogProgress = {
  log: number;
  logId: string;
  origin: string;
  mirrored: number;
  anchored: number;
  final: number;
  first: number;
  lastAnchored: number | null;
};

/**
 * As it stood at a time: with the anchors in blocks until then. That a block is final is known now, and not since when, so
 * `final` says which of these anchors have become so.
 */
export async function readProgress(queries: Queries, scope: BatchScope): Promise<Progress> {
  const byLog = await readLogProgress(queries, scope);
  const lastBlockTime = lastBlockTimeOf(scope);
  const total = (of: 'mirrored' | 'anchored' | 'final') => byLog.reduce((sum, one) => sum + one[of], 0);
  const covered = await Promise.all(
    byLog.flatMap(({ log, lastAnchored }) =>
      lastAnchored === null ? [] : [findCover(queries, log, lastAnchored, lastBlockTime)],
    ),
  );
  const youngest = covered.toSorted((a, b) => b.anchor.blockTime - a.anchor.blockTime)[0];
  return {
    messages: { mirrored: total('mirrored'), anchored: total('anchored'), final: total('final') },
    logs: await Promise.all(byLog.map((one) => describePart(queries, one))),
    anchor: youngest?.anchor ?? null,
    sample: chooseSample(byLog),
  };
}

/** Unix seconds, as the chain has it. */
function lastBlockTimeOf({ past }: BatchScope): number {
  return past === undefined ? Number.MAX_SAFE_INTEGER : Math.floor(past.timeMs / 1000);
}

/** Shares wholly below an anchored size count by their length; only the one that its end cuts is opened. */
async function readLogProgress(queries: Queries, scope: BatchScope): Promise<LogProgress[]> {
  const below = (size: ReturnType<typeof sql>) => sql`
    case when last_index < ${size} then cardinality(indices)
         when first_index >= ${size} then 0
         else (select count(*) from unnest(indices) i where i < ${size}) end`;
  const lastAnchored = sql`
    case when last_index < anchored then last_index
         when first_index >= anchored then null
         else (select max(i) from unnest(indices) i where i < anchored) end`;
  const isKnown = sql`a.log_id = l.log_id and a.agrees and a.block_time <= ${lastBlockTimeOf(scope)}`;
  const { rows } = await queries.execute<Record<string, string | number | null>>(sql`
    with messages as (${messagesInScope(scope, sql`${shares}`)}), sizes as (
      select l.id as log, l.log_id, l.origin,
             coalesce((select max(size) from ${anchors} a where ${isKnown}), 0) as anchored,
             coalesce((select max(size) from ${anchors} a where ${isKnown} and a.final), 0) as final
      from ${logs} l where l.id in (select log from messages)
    )
    select log, log_id as "logId", origin, sum(cardinality(indices)) as mirrored,
           sum(${below(sql`anchored`)}) as anchored, sum(${below(sql`final`)}) as final,
           min(first_index) as first, max(${lastAnchored}) as "lastAnchored"
    from messages join sizes using (log)
    group by log, log_id, origin order by log`);
  return rows.map((row) => ({
    log: Number(row.log),
    logId: String(row.logId),
    origin: String(row.origin),
    mirrored: Number(row.mirrored),
    anchored: Number(row.anchored),
    final: Number(row.final),
    first: Number(row.first),
    lastAnchored: row.lastAnchored == null ? null : Number(row.lastAnchored),
  }));
}

/** What one log has of the batch, and which other log it carries on for where the chain confirms that. */
async function describePart(
  queries: Queries,
  { log, logId, origin, mirrored }: LogProgress,
): Promise<BatchView['logs'][number]> {
  const continuation = await readContinuation(queries, { id: log, logId });
  return {
    logId,
    origin,
    messages: mirrored,
    continues: continuation?.confirmed ? continuation.logId : null,
  };
}

/** The anchor with which a message became anchored: the smallest anchored size over it. */
async function findCover(
  queries: Queries,
  log: number,
  index: number,
  lastBlockTime: number,
): Promise<{ anchor: AnchorView }> {
  const [row] = await queries
    .select({ anchor: anchors, origin: logs.origin })
    .from(anchors)
    .innerJoin(logs, eq(logs.logId, anchors.logId))
    .where(
      and(eq(logs.id, log), gt(anchors.size, index), anchors.agrees, lte(anchors.blockTime, lastBlockTime)),
    )
    .orderBy(asc(anchors.size))
    .limit(1);
  const { anchor, origin } = row!;
  return {
    anchor: {
      chainId: anchor.chainId,
      contract: anchor.contract,
      transactionHash: anchor.transactionHash,
      blockNumber: anchor.blockNumber,
      blockTime: anchor.blockTime * 1000,
      logOrigin: origin,
      logSize: anchor.size,
      state: anchor.final ? 'final' : 'anchored',
    },
  };
}

/** The batch's first message that is final, or else anchored: the same one today and next year. */
function chooseSample(byLog: readonly LogProgress[]): BatchView['sample'] {
  const chosen = byLog.find(({ final }) => final > 0) ?? byLog.find(({ anchored }) => anchored > 0);
  return chosen === undefined ? null : { logId: chosen.logId, index: chosen.first };
}
