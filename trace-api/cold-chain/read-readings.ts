import { type Queries, bulk } from '@tianyuan/platform';
import type { LoggedReading, QuantityName } from '@tianyuan/protocol';
import { sql } from 'drizzle-orm';
import { type BatchScope, readingsInScope, seriesInScope } from '../batches/batch-scope.ts';
import { logs } from '../database/schema.ts';

/** A reading each minute of ten sensors for a month; of more, the earliest are looked at. Some 100 MB in memory. */
const mostReadings = 432_000;

/** What one sensor of a device measured for a batch, by time. */
export type SensorReadings = {
  device: string;
  sensor: string;
  type: QuantityName;
  readings: LoggedReading[];
};

/** A batch's readings of these quantities, sensor by sensor, each with the entry that it is from. */
export async function readReadings(
  queries: Queries,
  scope: BatchScope,
  types: readonly QuantityName[],
): Promise<SensorReadings[]> {
  const { rows } = await queries.execute<Record<string, string | number>>(sql`
    with mine as (select s.* from (${seriesInScope(scope)}) s where s.type = any(${bulk.text([...types])}))
    select mine.device, mine.sensor, mine.type, l.log_id as "logId", u.time, u.value,
           coalesce(u.index, mine.first_index) as index
    from mine join ${logs} l on l.id = mine.log cross join lateral ${readingsInScope} u
    order by u.time, l.log_id, u.index limit ${mostReadings}`);
  const sensors = new Map<string, SensorReadings>();
  for (const row of rows) {
    const [device, sensor, type] = [String(row.device), String(row.sensor), row.type as QuantityName];
    const name = `${device}/${sensor}/${type}`;
    const found = sensors.get(name) ?? { device, sensor, type, readings: [] };
    const { time, value, index } = row;
    found.readings.push({
      time: Number(time),
      value: Number(value),
      logId: String(row.logId),
      index: Number(index),
    });
    sensors.set(name, found);
  }
  return [...sensors.values()].toSorted((a, b) =>
    `${a.device}/${a.sensor}` < `${b.device}/${b.sensor}` ? -1 : 1,
  );
}
