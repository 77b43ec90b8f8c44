import type { Database } from '@tianyuan/platform';
import { findBatch } from '../batches/find-batch.ts';
import { errors } from '../errors.ts';
import type { Records } from '../records/open-records.ts';
import { type Refusal, type Written, isRefusal } from '../records/recorded.ts';
import { hashOf, keepFile } from '../reports/files.ts';
import { type FindHolders, type RecallReach, countHolders, encodeReach, findReach } from './recall-reach.ts';
import type { RecallEvidence } from './statements.ts';

export type Recall = { batch: string; class: number; reason: { zh: string; en: string } };

/**
 * Recalls a batch: finds all that was made of it and who has it, keeps that list under its hash, and says so in the log.
 * From that record on every one of these batches is recalled, and so is what is made of them later.
 */
export async function recallBatch(
  { database, records, findHolders }: { database: Database; records: Records; findHolders?: FindHolders },
  recall: Recall,
  by: string,
): Promise<{ written: Written; evidence: RecallEvidence; reach: RecallReach } | Refusal> {
  const batch = await findBatch(database.queries, { batchId: recall.batch });
  if (batch === undefined) {
    return { kind: errors.unknownBatch, detail: `batch: there is no batch ${recall.batch}` };
  }
  const at = Date.now();
  const reach = await findReach(database.queries, batch, Number.MAX_SAFE_INTEGER, findHolders);
  const bytes = encodeReach(recall.batch, reach, at);
  const evidence = {
    sha256: hashOf(bytes),
    length: bytes.length,
    batches: reach.lots.length,
    holders: countHolders(reach),
  };
  // Before the record: a hash in the log whose list a power cut took would be no evidence.
  await keepFile(database.queries, { bytes, mediaType: 'application/json', by, at });
  const written = await records.statement('recall', { ...recall, evidence }, by);
  return isRefusal(written) ? written : { written, evidence, reach };
}
