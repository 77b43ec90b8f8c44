import { type Queries, isAnyOf } from '@tianyuan/platform';
import type { LoggedReading, QuantityName } from '@tianyuan/protocol';
import { sql } from 'drizzle-orm';
import { type BatchScope, readingsInScope, seriesInScope } from '../batches/batch-scope.ts';
import { logs } from '../database/schema.ts';

/** What one sensor of a device measured for a batch, by time. */
export type SensorReadings = {
  device: string;
  sensor: string;
  type: QuantityName;
  readings: LoggedReading[];
};

/**
 * A batch's readings of these quantities, sensor by sensor, each with the entry that it is from. One sensor is in memory at a
 * time: some 50 MB for a reading every ten seconds for a month.
 */
export async function* readReadings(
  queries: Queries,
  scope: BatchScope,
  types: readonly QuantityName[],
): AsyncGenerator<SensorReadings> {
  const { rows: sensors } = await queries.execute<{ device: string; sensor: string; type: string }>(sql`
    select distinct device, sensor, type from (${seriesInScope(scope)}) s
    where ${isAnyOf(sql`type`, types)} order by device, sensor, type`);
  for (const { device, sensor, type } of sensors) {
    const { rows } = await queries.execute<Record<'logId' | 'time' | 'value' | 'index', string | number>>(sql`
      with mine as (
        select s.* from (${seriesInScope(scope)}) s
        where s.device = ${device} and s.sensor = ${sensor} and s.type = ${type}
      )
      select l.log_id as "logId", u.time, u.value, coalesce(u.index, mine.first_index) as index
      from mine join ${logs} l on l.id = mine.log cross join lateral ${readingsInScope} u
      order by u.time, l.log_id, u.index`);
    if (rows.length === 0) continue;
    yield {
      device,
      sensor,
      type: type as QuantityName,
      readings: rows.map(({ time, value, logId, index }) => ({
        time: Number(time),
        value: Number(value),
        logId: String(logId),
        index: Number(index),
      })),
    };
  }
}
