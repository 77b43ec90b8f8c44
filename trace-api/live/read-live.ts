import { type Queries, bulk } from '@tianyuan/platform';
import type { QuantityName } from '@tianyuan/protocol';
import { sql } from 'drizzle-orm';
import type { BatchScope } from '../batches/batch-scope.ts';
import type { LiveReading } from '../batches/batch-view.ts';
import { liveReadings, logs } from '../database/schema.ts';

/**
 * The newest reading of each sensor of the batch that its gateway has shown ahead of a backfill. None as of an earlier
 * moment: it is mirrored by now, or may yet turn out otherwise.
 */
export async function readLive(queries: Queries, scope: BatchScope): Promise<LiveReading[]> {
  if (scope.past !== undefined) return [];
  const { batchId, devices, spans } = scope;
  const bound = (time: number) => Math.min(time, Number.MAX_SAFE_INTEGER);
  const { rows } = await queries.execute<Record<string, string | number>>(sql`
    select distinct on (r.device, r.type, r.sensor)
           r.device, r.type, r.sensor, r.time, r.value, r.index, l.log_id as "logId"
    from ${liveReadings} r join ${logs} l on l.id = r.log and r.index >= l.size
    where (r.batch_id = ${batchId} and r.device = any(${bulk.text([...devices])}))
       or exists (
         select 1 from unnest(
           ${bulk.text(spans.map(({ device }) => device))},
           ${bulk.int8(spans.map(({ from }) => bound(from)))},
           ${bulk.int8(spans.map(({ until }) => bound(until)))}
         ) as s (device, low, high)
         where s.device = r.device and r.time >= s.low and r.time < s.high)
    order by r.device, r.type, r.sensor, r.time desc`);
  return rows.map(({ device, type, sensor, time, value, index, logId }) => ({
    device: String(device),
    type: type as QuantityName,
    sensor: sensor === '' ? null : String(sensor),
    time: Number(time),
    value: Number(value),
    logId: String(logId),
    index: Number(index),
  }));
}
