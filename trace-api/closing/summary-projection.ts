import type { Queries } from '@tianyuan/platform';
import { findBatch } from '../batches/find-batch.ts';
import { batchSummaries } from '../database/schema.ts';
import { errors } from '../errors.ts';
import { authorize, principalOf } from '../people/authorize.ts';
import type { Projection } from '../records/projection.ts';
import type { Recorded, Refusal } from '../records/recorded.ts';
import { readSummary } from './read-summary.ts';
import { type SummaryStatement, hashSummary, summaryStatement } from './summary.ts';

/** At each close, what a batch is, by hash: what is said of it later does not change what it was. */
export const summaryProjection: Projection = {
  name: 'summaries',
  statements: { 'batch-summary': summaryStatement },
  takes: ['batch-summary'],
  open: ['batch-summary'],
  tables: [batchSummaries],
  refuse: refuseSummary,
  async apply(tx, { index: atIndex, at, by, body }) {
    await tx.insert(batchSummaries).values({ atIndex, at, by, ...(body as SummaryStatement) });
  },
  batches: (_, { body }) => Promise.resolve([(body as SummaryStatement).batchId]),
};

async function refuseSummary(tx: Queries, { by, at, index, body }: Recorded): Promise<Refusal | undefined> {
  const { batchId, asOf, hash, readings } = body as SummaryStatement;
  if ((await findBatch(tx, { batchId })) === undefined) {
    return { kind: errors.unknownBatch, detail: `there is no batch ${batchId}` };
  }
  if (!(await authorize(tx, principalOf(by), 'declare-batch', { kind: 'batch', id: batchId }, at))) {
    return { kind: errors.notAllowed, detail: `${by} holds no role with which to close batch ${batchId}` };
  }
  if (asOf <= index && hash === hashSummary(await readSummary(tx, batchId, asOf, readings))) return undefined;
  return {
    kind: errors.malformedRequest,
    detail: `hash: the summary of ${batchId} below ${asOf} has another`,
  };
}
