import type { Queries } from '@tianyuan/platform';
import { and, asc, desc, eq, gt, lt } from 'drizzle-orm';
import { anchorEvidence, anchors, batchSummaries } from '../database/schema.ts';
import { readSummary } from './read-summary.ts';
import { type Summary, hashSummary } from './summary.ts';

/** Closes that are shown, youngest first; each is summed up again, which costs a genealogy. */
const mostRecords = 20;

/**
 * One row of `blockchain_trace_records` as the requirement names its fields: a summary of the batch, the transaction that
 * anchored it, and whether both still hold. Hashes have 64 hex digits, without 0x.
 */
export type TraceRecord = {
  trace_id: string;
  batch_id: string;
  block_hash: string | null;
  transaction_hash: string | null;
  block_number: number | null;
  /** known from where the anchor is final and its receipt was kept */
  transaction_index: number | null;
  trace_data: Summary & { hash: string; logId: string; index: number };
  verification_status: 'pending' | 'verified' | 'failed';
  verified_at: string | null;
  created_at: string;
};

/** 16 digits of the log's id and the index in it: at most 33 characters, and nobody else's. */
const traceIdOf = (logId: string, index: number): string => `${logId.slice(0, 16)}-${index}`;

/**
 * The closes of a batch, youngest first. `verified`: the summary made again has the logged hash, and an anchor that the
 * mirror confirms covers its record; `failed`: it has another hash; `pending`: no such anchor yet.
 * @param logId of the platform's log
 * @param asOf only closes below this index in it
 * @param now Unix ms
 */
export async function readTraceRecords(
  queries: Queries,
  logId: string,
  batchId: string,
  { asOf, now }: { asOf: number; now: number },
): Promise<TraceRecord[]> {
  const closes = await queries
    .select()
    .from(batchSummaries)
    .where(and(eq(batchSummaries.batchId, batchId), lt(batchSummaries.atIndex, asOf)))
    .orderBy(desc(batchSummaries.atIndex))
    .limit(mostRecords);
  const found: TraceRecord[] = [];
  for (const { atIndex, at, asOf: summedUpTo, hash, readings } of closes) {
    const summary = await readSummary(queries, batchId, summedUpTo, readings);
    const anchor = await findAnchor(queries, logId, atIndex);
    const holds = hashSummary(summary) === hash;
    const status = holds ? (anchor === undefined ? 'pending' : 'verified') : 'failed';
    found.push({
      trace_id: traceIdOf(logId, atIndex),
      batch_id: batchId,
      block_hash: anchor === undefined ? null : withoutPrefix(anchor.blockHash),
      transaction_hash: anchor === undefined ? null : withoutPrefix(anchor.transactionHash),
      block_number: anchor?.blockNumber ?? null,
      transaction_index: anchor?.transactionIndex ?? null,
      trace_data: { ...summary, hash, logId, index: atIndex },
      verification_status: status,
      verified_at: status === 'pending' ? null : new Date(now).toISOString(),
      created_at: new Date(at).toISOString(),
    });
  }
  return found;
}

/** The first anchor over a record, with the index of its transaction where its evidence was kept. */
async function findAnchor(queries: Queries, logId: string, index: number) {
  const [row] = await queries
    .select({ anchor: anchors, evidence: anchorEvidence.evidence })
    .from(anchors)
    .leftJoin(
      anchorEvidence,
      and(
        eq(anchorEvidence.logId, anchors.logId),
        eq(anchorEvidence.size, anchors.size),
        eq(anchorEvidence.blockHash, anchors.blockHash),
      ),
    )
    .where(and(eq(anchors.logId, logId), gt(anchors.size, index), eq(anchors.agrees, true)))
    .orderBy(asc(anchors.size))
    .limit(1);
  return row && { ...row.anchor, transactionIndex: row.evidence?.transactionIndex };
}

const withoutPrefix = (hex: string): string => hex.replace(/^0x/, '');

/** Which record a batch has in this service's own log: that of its last close below an index. */
export async function findTraceId(
  queries: Queries,
  logId: string,
  batchId: string,
  asOf: number,
): Promise<string | undefined> {
  const [last] = await queries
    .select({ index: batchSummaries.atIndex })
    .from(batchSummaries)
    .where(and(eq(batchSummaries.batchId, batchId), lt(batchSummaries.atIndex, asOf)))
    .orderBy(desc(batchSummaries.atIndex))
    .limit(1);
  return last && traceIdOf(logId, last.index);
}
