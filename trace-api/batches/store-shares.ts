import type { Queries } from '@tianyuan/platform';
import { batchSensors, series, shares } from '../database/schema.ts';
import type { Share, Series } from './share.ts';

const rowsAStatement = 2_000; // 15 columns of them stay under the 32,767 values that a statement binds

/** Keeps what an upload gave to batches, and what bound devices measured without naming one. */
export async function storeShares(tx: Queries, log: number, given: readonly Share[]): Promise<void> {
  const shareRows = given.map(({ batchId, device, indices }) => ({
    batchId,
    device,
    log,
    indices,
    firstIndex: indices[0]!,
    lastIndex: indices.at(-1)!,
  }));
  const seriesRows = given.flatMap(({ batchId, device, indices, series: all }) =>
    all.map((one) => ({ batchId, device, log, firstIndex: indices[0]!, ...toColumns(one) })),
  );
  const sensorRows = given.flatMap(({ batchId, device, series: all }) =>
    all.map(({ type, sensor }) => ({ batchId, device, log, type, sensor })),
  );
  for (const rows of chunks(shareRows)) await tx.insert(shares).values(rows);
  for (const rows of chunks(seriesRows)) await tx.insert(series).values(rows);
  for (const rows of chunks(sensorRows)) await tx.insert(batchSensors).values(rows).onConflictDoNothing();
}

function toColumns({ type, sensor, times, values, indices }: Series) {
  return {
    type,
    sensor,
    times,
    values,
    indices,
    fromTime: times[0]!,
    toTime: times.at(-1)!,
    count: values.length,
    min: values.reduce((a, b) => Math.min(a, b)),
    max: values.reduce((a, b) => Math.max(a, b)),
    sum: values.reduce((a, b) => a + b),
  };
}

function* chunks<T>(rows: readonly T[]): Generator<T[]> {
  for (let start = 0; start < rows.length; start += rowsAStatement)
    yield rows.slice(start, start + rowsAStatement);
}
