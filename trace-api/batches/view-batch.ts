import type { Queries } from '@tianyuan/platform';
import { readCalibrations } from '../calibrations/read-calibrations.ts';
import { readExcursionMarks } from '../cold-chain/read-excursion-marks.ts';
import { devicesOf } from './batch-scope.ts';
import { readLive } from '../live/read-live.ts';
import { readStatus } from '../status/read-status.ts';
import { viewStory } from '../story/view-story.ts';
import type { BatchView } from './batch-view.ts';
import type { BatchRow } from './find-batch.ts';
import { readContradicted } from './read-contradicted.ts';
import { readCurves, readPeriod } from './read-curves.ts';
import { readFlagged } from './read-flagged.ts';
import { readProgress } from './read-progress.ts';
import { readScope } from './read-scope.ts';
import { type When, presently } from './when.ts';

/**
 * Everything that is shown of a batch: from what is mirrored and recorded now, or was then.
 * @param platformLogId the platform's own log, where it has one
 */
export async function viewBatch(
  queries: Queries,
  batch: BatchRow,
  platformLogId: string | undefined,
  when: When = presently,
): Promise<BatchView> {
  const { batchId, gtin, lot, product, origin, harvestedAt, limits } = batch;
  const scope = await readScope(queries, batch, when);
  const period = await readPeriod(queries, scope);
  const { status, reasons, expiresAt } = await readStatus(queries, batchId, when.asOf, when.timeMs);
  const progress = await readProgress(queries, scope);
  return {
    batchId,
    gtin,
    lot,
    product,
    origin,
    harvestedAt,
    status: { status, reasons, expiresAt },
    period,
    devices: devicesOf(scope),
    curves: period === null ? [] : await readCurves(queries, scope, limits, period),
    live: await readLive(queries, scope),
    calibrations: period === null ? [] : await readCalibrations(queries, scope, period),
    excursions: await readExcursionMarks(queries, batchId, when.asOf),
    ...progress,
    // Only a message whose signature, key and commitment hold is counted as one of the batch at all.
    verified: progress.messages.mirrored,
    flagged: await readFlagged(queries, scope),
    contradicted: await readContradicted(queries, scope),
    story: platformLogId === undefined ? null : await viewStory(queries, batch, platformLogId, when, scope),
  };
}
