import { hash } from 'node:crypto';
import type { Database } from '@tianyuan/platform';
import { canonicalize } from '@tianyuan/protocol';
import { eq } from 'drizzle-orm';
import {
  nationalAttempts,
  nationalBodies,
  nationalResponses,
  nationalSignatures,
} from '../database/schema.ts';
import type { Records } from '../records/open-records.ts';
import { isRefusal } from '../records/recorded.ts';
import type { NationalResponseStatement } from './national-projection.ts';
import type { NationalAnswer, NationalResponse, NationalTraceAdapter } from './national-trace-adapter.ts';
import { type Outcome, nextAttempt } from './next-attempt.ts';
import { readTraceCode } from './trace-codes.ts';

export type RefreshDeps = {
  database: Database;
  records: Pick<Records, 'statement'>;
  adapter: NationalTraceAdapter;
  /** how often a batch is asked about while all is well */
  intervalMs: number;
  now?: () => number;
};

/** What a refresh found; undefined for a batch that is not published or has no code. */
export type Refreshed = { batchId: string; environment: string; outcome: Outcome; detail: string };

/**
 * Asks the platform about one batch, keeps the answer, logs its hash, and notes how it went. The answer is logged whatever it is:
 * a refusal, too, and a record whose signature is wrong.
 */
export async function refreshBatch(deps: RefreshDeps, batchId: string): Promise<Refreshed | undefined> {
  const { database, adapter, intervalMs, now = Date.now } = deps;
  const traceCode = await readTraceCode(database.queries, batchId);
  if (traceCode === undefined) return undefined;
  const answer = await adapter.fetchRecord(traceCode);
  const { environment, response } = answer;
  const isChange =
    response !== undefined && (await logResponse(deps, { batchId, traceCode, answer, response }));
  const outcome: Outcome = answer.state === 'fault' ? answer.fault : isChange ? 'changed' : 'record';
  const detail = answer.state === 'fault' ? answer.detail : '';

  const [last] = await database.queries
    .select()
    .from(nationalAttempts)
    .where(eq(nationalAttempts.batchId, batchId));
  const failures = answer.state === 'record' ? 0 : (last?.failures ?? 0) + 1;
  const at = now();
  const attempt = {
    traceCode,
    at,
    outcome,
    detail: detail.slice(0, 500),
    environment,
    failures,
    nextAt: nextAttempt(outcome, failures, at, intervalMs),
  };
  await database.queries
    .insert(nationalAttempts)
    .values({ batchId, ...attempt })
    .onConflictDoUpdate({ target: nationalAttempts.batchId, set: attempt });
  return { batchId, environment, outcome, detail };
}

/** @returns whether the record says something else than the one before it */
async function logResponse(
  { database: { queries }, records }: RefreshDeps,
  answered: { batchId: string; traceCode: string; answer: NationalAnswer; response: NationalResponse },
): Promise<boolean> {
  const { batchId, traceCode, answer, response } = answered;
  const { status, body, signature, keyId } = response;
  const sha256 = hash('sha256', body, 'hex');
  // Before the statement: a body that nothing names harms nobody, a hash without its body does.
  await queries.insert(nationalBodies).values({ sha256, body }).onConflictDoNothing();
  const statement: NationalResponseStatement = {
    batchId,
    traceCode,
    environment: answer.environment,
    mapping: answer.mapping.version,
    status,
    sha256,
    outcome: answer.state === 'record' ? 'record' : answer.fault,
    signature,
    // Somebody else's header: what is no key's name is not logged as one.
    ...(keyId !== undefined && /^[A-Za-z0-9._-]{1,64}$/.test(keyId) ? { keyId } : {}),
    ...(answer.state === 'record' ? { content: hash('sha256', canonicalize(answer.document), 'hex') } : {}),
  };
  const written = await records.statement('national-response', statement, 'platform');
  // Nothing refuses this statement but its schema, which these values fit.
  if (isRefusal(written)) throw new Error(`the log refused a national response: ${written.detail}`);
  if (response.signed !== undefined) {
    const { algorithm, text, signature: value } = response.signed;
    await queries
      .insert(nationalSignatures)
      .values({ atIndex: written.index, algorithm, signed: text, signature: value })
      .onConflictDoNothing();
  }
  const [row] = await queries
    .select({ changedFrom: nationalResponses.changedFrom })
    .from(nationalResponses)
    .where(eq(nationalResponses.atIndex, written.index));
  return row !== undefined && row.changedFrom !== null;
}
