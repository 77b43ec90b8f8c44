import type { Queries } from '@tianyuan/platform';
import { and, desc, eq, lt } from 'drizzle-orm';
import { qualityChecks } from '../database/schema.ts';
import type { Findings } from './quality-model.ts';

/** One screening by a model. `score` in m%, `at` in Unix ms. */
export type QualityCheckView = {
  index: number;
  at: number;
  by: string;
  sample: 'picture' | 'spectrum';
  /** of the sample, at /api/v1/files/{sha256} */
  sha256: string;
  model: string;
  version: string;
  score: number;
  verdict: 'screening';
  findings: Findings;
};

/** The newest score is the batch's `quality_score`; null where nothing was checked. */
export type QualityView = { qualityScore: number | null; checks: QualityCheckView[] };

const mostChecks = 100; // of one batch on its page; a packing line may take many more pictures

/** @param asOf records from this index on are not known yet */
export async function readQuality(
  queries: Queries,
  batchId: string,
  asOf: number = Number.MAX_SAFE_INTEGER,
): Promise<QualityView> {
  const rows = await queries
    .select()
    .from(qualityChecks)
    .where(and(eq(qualityChecks.batchId, batchId), lt(qualityChecks.atIndex, asOf)))
    .orderBy(desc(qualityChecks.atIndex))
    .limit(mostChecks);
  const checks = rows.map(({ atIndex, kind, batchId: _, ...row }) => ({
    ...row,
    index: atIndex,
    sample: kind,
    verdict: 'screening' as const,
  }));
  return { qualityScore: checks[0]?.score ?? null, checks };
}
