import type { Database } from '@tianyuan/platform';
import { findBatch } from '../batches/find-batch.ts';
import { errors } from '../errors.ts';
import { authorize, principalOf } from '../people/authorize.ts';
import type { Records } from '../records/open-records.ts';
import { type Refusal, type Written, isRefusal } from '../records/recorded.ts';
import { hashOf, keepFile } from '../reports/files.ts';
import type { MediaType } from '../reports/media-type.ts';
import { type QualityModel, QualityModelError } from './quality-model.ts';
import type { QualityCheckBody } from './statements.ts';

export type SampleFile = { kind: 'picture' | 'spectrum'; mediaType: MediaType; bytes: Uint8Array };

export type Checked = { written: Written; check: QualityCheckBody; workOrder: number | null };

/**
 * Has a model look at a sample of a batch, keeps the sample under its hash, and says in the log what the model said. A score
 * below the threshold opens a work order in the same transaction: neither is without the other.
 */
export async function checkQuality(
  deps: { database: Database; records: Records; models: readonly QualityModel[] },
  batchId: string,
  sample: SampleFile,
  by: string,
): Promise<Checked | Refusal> {
  const { database, records, models } = deps;
  const at = Date.now();
  // Before the model spends a second on it; the record asks again under the log's lock.
  if ((await findBatch(database.queries, { batchId })) === undefined) {
    return { kind: errors.unknownBatch, detail: `there is no batch ${batchId}` };
  }
  if (!(await authorize(database.queries, principalOf(by), 'report', { kind: 'batch', id: batchId }, at))) {
    return {
      kind: errors.roleMissing,
      detail: `${by} holds no role over batch ${batchId} with which to report`,
    };
  }
  const model = models.find(({ takes }) => takes.includes(sample.kind));
  if (model === undefined) {
    const detail = `no model for a ${sample.kind} is configured here (QUALITY_MODEL_URL); nothing was judged or recorded`;
    return { kind: errors.noQualityModel, detail };
  }
  const answer = await ask(model, sample);
  if (isRefusal(answer)) return answer;
  const check: QualityCheckBody = {
    batch: batchId,
    kind: 'quality-model',
    sample: sample.kind,
    file: { sha256: hashOf(sample.bytes), mediaType: sample.mediaType, length: sample.bytes.length },
    model: answer.model,
    version: answer.version,
    score: answer.score,
    verdict: 'screening',
    findings: answer.findings,
  };
  await keepFile(database.queries, { ...sample, by, at });
  return record({ database, records, threshold: model.leastScore }, check, by);
}

async function ask(model: QualityModel, sample: SampleFile) {
  try {
    const answer = await model.check(sample);
    if (answer.state === 'scored') return answer;
    return {
      kind: errors.sampleUnusable,
      detail: `the sample cannot be judged (${answer.reason}): ${answer.detail}`,
    };
  } catch (error) {
    if (error instanceof QualityModelError) return { kind: errors.unavailable, detail: error.message };
    throw error;
  }
}

/** Carries a refusal out of a transaction, which it undoes. */
class Refused extends Error {
  override readonly name = 'Refused';
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal.detail);
    this.refusal = refusal;
  }
}

async function record(
  { database, records, threshold }: { database: Database; records: Records; threshold: number },
  check: QualityCheckBody,
  by: string,
): Promise<Checked | Refusal> {
  try {
    return await database.transaction(async (tx) => {
      const written = await records.within(tx, 'quality-check', check, by);
      if (isRefusal(written)) throw new Refused(written);
      if (check.score >= threshold) return { written, check, workOrder: null };
      const { batch, score } = check;
      const body = { batch, check: written.index, score, threshold };
      const order = await records.within(tx, 'work-order', body, 'platform');
      if (isRefusal(order)) throw new Refused(order);
      return { written, check, workOrder: order.index };
    });
  } catch (error) {
    if (error instanceof Refused) return error.refusal;
    throw error;
  }
}
