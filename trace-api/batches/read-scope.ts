import type { Queries } from '@tianyuan/platform';
import { spansOf } from '../carriage/exposures.ts';
import { readExposures } from '../carriage/read-carriage.ts';
import type { BatchScope } from './batch-scope.ts';
import type { BatchRow } from './find-batch.ts';
import { type When, readSizes } from './when.ts';

/** What a batch's readings are: those that name it, and those of devices that measured it through what carried it. */
export async function readScope(
  queries: Queries,
  batch: Pick<BatchRow, 'batchId' | 'gtin' | 'lot' | 'devices'>,
  { timeMs, asOf }: When,
): Promise<BatchScope> {
  const spans = spansOf(await readExposures(queries, batch, asOf));
  return {
    batchId: batch.batchId,
    devices: batch.devices,
    spans: [...spans].flatMap(([device, those]) => those.map((one) => ({ device, ...one }))),
    past: timeMs === undefined ? undefined : { timeMs, sizes: await readSizes(queries, timeMs) },
  };
}
