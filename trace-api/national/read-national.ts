import type { Queries } from '@tianyuan/platform';
import { decodeUtf8 } from '@tianyuan/protocol';
import { and, desc, eq, inArray, isNotNull, lt } from 'drizzle-orm';
import { presently } from '../batches/when.ts';
import { nationalAttempts, nationalBodies, nationalResponses } from '../database/schema.ts';
import { type NationalState, judgeFreshness } from './judge-freshness.ts';
import { type Kept, mapDocument } from './mapping/map-document.ts';
import { findMapping } from './mapping/mappings.ts';
import type { NationalRecord } from './mapping/national-record.ts';
import type { Outcome } from './next-attempt.ts';
import { readTraceCode } from './trace-codes.ts';

/** A record that says something else than the one before it: both hashes, and where they are logged. */
export type NationalChange = {
  at: number;
  recordIndex: number;
  hash: string;
  before: { recordIndex: number; hash: string };
};

/** What of the national platform is shown of a batch. Times are Unix ms, hashes SHA-256 in hex. */
export type NationalView = {
  state: NationalState;
  traceCode: string | null;
  /** the last good one; null where there is none */
  record: NationalRecord | null;
  /** what the mapping did not carry over, with its place in their document */
  kept: Kept[];
  /** of the record; null without one */
  ageMs: number | null;
  environment: string | null;
  mapping: string | null;
  /** of the answer's bytes */
  hash: string | null;
  /** of the statement in the platform's log that has the hash */
  recordIndex: number | null;
  verifiedAt: number | null;
  /** the newest first, at most 20 */
  changes: NationalChange[];
  /** how the last attempt went, where it gave no record */
  fault: { outcome: Outcome; at: number } | null;
};

const maxChanges = 20; // a page shows three; a record that changes more often is somebody's business

/**
 * From the database alone, so that no page waits for the platform.
 * @param asOf of the platform's log, itself excluded: `readAsOf`
 * @param now what an age is counted to: of a view of the past, the time it is of
 */
export async function readNational(
  queries: Queries,
  batchId: string,
  asOf: number = presently.asOf,
  now: number = Date.now(),
): Promise<NationalView> {
  const traceCode = await readTraceCode(queries, batchId);
  if (traceCode === undefined) return nothing(null);
  const ofBatch = and(eq(nationalResponses.batchId, batchId), eq(nationalResponses.traceCode, traceCode));
  const readNewest = async (...conditions: Parameters<typeof and>) => {
    const [row] = await queries
      .select()
      .from(nationalResponses)
      .where(and(ofBatch, lt(nationalResponses.atIndex, asOf), ...conditions))
      .orderBy(desc(nationalResponses.atIndex))
      .limit(1);
    return row;
  };
  const newest = await readNewest();
  const word = await readNewest(inArray(nationalResponses.outcome, ['record', 'unknown-code']));
  const good = word?.outcome === 'record' ? word : await readNewest(eq(nationalResponses.outcome, 'record'));
  const [attempt] = await queries
    .select()
    .from(nationalAttempts)
    .where(and(eq(nationalAttempts.batchId, batchId), eq(nationalAttempts.traceCode, traceCode)));
  const state = judgeFreshness({
    word: word && { outcome: word.outcome as 'record' | 'unknown-code', at: word.at },
    isFollowed: newest !== undefined && newest.atIndex !== word?.atIndex,
    attempt: attempt?.outcome,
    isPast: asOf < presently.asOf,
    now,
  });
  const isGood = attempt === undefined || attempt.outcome === 'record' || attempt.outcome === 'changed';
  const fault = isGood ? null : { outcome: attempt.outcome, at: attempt.at };
  if (good === undefined) return { ...nothing(traceCode), state, fault };
  const { environment, mapping, sha256: hash, atIndex: recordIndex, at: verifiedAt } = good;
  return {
    state,
    traceCode,
    ...(await readMapped(queries, hash, mapping)),
    ageMs: Math.max(0, now - verifiedAt),
    environment,
    mapping,
    hash,
    recordIndex,
    verifiedAt,
    changes: await readChanges(queries, ofBatch, asOf),
    fault,
  };
}

function nothing(traceCode: string | null): NationalView {
  return {
    state: 'none',
    traceCode,
    record: null,
    kept: [],
    ageMs: null,
    environment: null,
    mapping: null,
    hash: null,
    recordIndex: null,
    verifiedAt: null,
    changes: [],
    fault: null,
  };
}

/** Under the mapping of its time: a later table never changes what was stored. */
async function readMapped(queries: Queries, sha256: string, mapping: string) {
  const [row] = await queries.select().from(nationalBodies).where(eq(nationalBodies.sha256, sha256));
  const table = findMapping(mapping);
  // A body that was erased leaves its hash.
  if (row === undefined || table === undefined) return { record: null, kept: [] };
  return mapDocument(JSON.parse(decodeUtf8(row.body)) as Record<string, unknown>, table);
}

async function readChanges(
  queries: Queries,
  ofBatch: ReturnType<typeof and>,
  asOf: number,
): Promise<NationalChange[]> {
  const changed = await queries
    .select()
    .from(nationalResponses)
    .where(and(ofBatch, lt(nationalResponses.atIndex, asOf), isNotNull(nationalResponses.changedFrom)))
    .orderBy(desc(nationalResponses.atIndex))
    .limit(maxChanges);
  if (changed.length === 0) return [];
  const sources = changed.map(({ changedFrom }) => changedFrom!);
  const before = await queries
    .select({ recordIndex: nationalResponses.atIndex, hash: nationalResponses.sha256 })
    .from(nationalResponses)
    .where(inArray(nationalResponses.atIndex, sources));
  const byIndex = new Map(before.map((one) => [one.recordIndex, one]));
  return changed.map(({ at, atIndex, sha256, changedFrom }) => ({
    at,
    recordIndex: atIndex,
    hash: sha256,
    before: byIndex.get(changedFrom!)!,
  }));
}
