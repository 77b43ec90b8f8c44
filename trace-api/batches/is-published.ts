import type { Queries } from '@tianyuan/platform';
import { type Message, plainReadings } from '@tianyuan/protocol';
import { findBatchesAmong, readMeasured } from '../carriage/read-carriage.ts';
import type { entries } from '../database/schema.ts';
import { readMessage } from '../ingest/examine-entry.ts';
import { batchOf } from './batch.ts';
import { findBatch } from './find-batch.ts';
import { presently } from './when.ts';

/**
 * Whether an entry's payload may be shown to anybody: it verified, and it names a batch whose owner published it, or has a
 * reading that is such a batch's because of what carried the device. A position reaches no batch in that way.
 */
export async function isPublished(
  queries: Queries,
  { verified, payload }: Pick<typeof entries.$inferSelect, 'verified' | 'payload'>,
): Promise<boolean> {
  const message = verified && payload !== null ? readMessage(payload) : undefined;
  if (message === undefined) return false;
  return (await isOfPublished(queries, message)) || reachesPublished(queries, message);
}

async function isOfPublished(queries: Queries, message: Message): Promise<boolean> {
  const batchId = batchOf(message);
  const batch = batchId === undefined ? undefined : await findBatch(queries, { batchId });
  return batch !== undefined && batch.published && batch.devices.includes(message.device);
}

async function reachesPublished(queries: Queries, message: Message): Promise<boolean> {
  const readings = plainReadings(message);
  if (readings.length === 0) return false;
  const measured = await readMeasured(queries, message.device, presently.asOf);
  const things = measured.filter(({ from, until }) =>
    readings.some(({ time }) => from <= time && time < until),
  );
  const reached = await findBatchesAmong(queries, [...new Set(things.map(({ thing }) => thing))]);
  return reached.some(({ published }) => published);
}
