import { type Queries, bulk } from '@tianyuan/platform';
import type { QuantityName } from '@tianyuan/protocol';
import { sql } from 'drizzle-orm';
import { type BatchScope, devicesOf, readingsInScope, seriesInScope } from './batch-scope.ts';
import type { Curve } from './batch-view.ts';
import type { Limit } from './batch.ts';

/** What a page 1,000 pixels wide can show, and no more. */
const maxBuckets = 300;

export type Period = { from: number; to: number };

/** Device time of the batch's first and last reading, Unix ms. */
export async function readPeriod(queries: Queries, scope: BatchScope): Promise<Period | null> {
  const { rows } = await queries.execute<{ from: string | number | null; to: string | number | null }>(sql`
    with mine as (${seriesInScope(scope)})
    select min("from") as "from", max("to") as "to" from (
      select from_time as "from", to_time as "to" from mine where whole
      union all
      select u.time, u.time from mine cross join lateral ${readingsInScope} u where not whole
    ) as ends`);
  const [row] = rows;
  return row === undefined || row.from === null ? null : { from: Number(row.from), to: Number(row.to) };
}

/**
 * A curve for each device and quantity, all over the same buckets of time. A stored series that lies in one bucket is
 * taken by its sums; only one that a boundary cuts is opened, so the cost is that of the uploads and not of the readings.
 * @param limits what was agreed
 */
export async function readCurves(
  queries: Queries,
  scope: BatchScope,
  limits: readonly Limit[],
  period: Period,
): Promise<Curve[]> {
  const bucketMs = Math.max(1, Math.ceil((period.to - period.from + 1) / maxBuckets));
  const points = await readPoints(queries, scope, period.from, bucketMs);
  const outside = await countOutside(queries, scope, limits);
  const curves = new Map<string, Curve>();
  for (const { device, type, ...point } of points) {
    const name = `${type}/${device}`;
    const curve = curves.get(name) ?? {
      type,
      device,
      points: [],
      count: 0,
      limits: showLimit(limitOf(limits, type, device)),
      outside: outside.get(name) ?? 0,
    };
    const { time, min, mean, max } = point;
    curve.points.push({ time, min, mean, max });
    curve.count += point.count;
    curves.set(name, curve);
  }
  return [...curves.values()];
}

type Point = {
  device: string;
  type: QuantityName;
  time: number;
  min: number;
  mean: number;
  max: number;
  count: number;
};

async function readPoints(
  queries: Queries,
  scope: BatchScope,
  start: number,
  bucketMs: number,
): Promise<Point[]> {
  const bucket = (time: ReturnType<typeof sql>) => sql`((${time} - ${start}::int8) / ${bucketMs}::int8)`;
  const { rows } = await queries.execute<Record<keyof Point, string | number>>(sql`
    with mine as (${seriesInScope(scope)}), pieces as (
      select device, type, ${bucket(sql`from_time`)} as bucket, min, max, sum, count from mine
      where whole and ${bucket(sql`from_time`)} = ${bucket(sql`to_time`)}
      union all
      select mine.device, mine.type, ${bucket(sql`u.time`)} as bucket, u.value, u.value, u.value, 1
      from mine cross join lateral ${readingsInScope} u
      where not (whole and ${bucket(sql`from_time`)} = ${bucket(sql`to_time`)})
    )
    select device, type, ${start}::int8 + bucket * ${bucketMs}::int8 + ${bucketMs}::int8 / 2 as time,
           min(min) as min, round(sum(sum) / sum(count)) as mean, max(max) as max, sum(count) as count
    from pieces group by device, type, bucket order by type, device, bucket`);
  return rows.map((row) => ({
    device: String(row.device),
    type: row.type as QuantityName,
    time: Number(row.time),
    min: Number(row.min),
    mean: Number(row.mean),
    max: Number(row.max),
    count: Number(row.count),
  }));
}

/** Readings outside the agreed limits, by `type/device`. Series wholly inside are passed over unopened. */
async function countOutside(
  queries: Queries,
  scope: BatchScope,
  limits: readonly Limit[],
): Promise<Map<string, number>> {
  const limited = devicesOf(scope).flatMap((device) =>
    [...new Set(limits.map(({ type }) => type))].flatMap((type) => {
      const limit = limitOf(limits, type, device);
      return limit === undefined ? [] : [{ ...limit, device }];
    }),
  );
  if (limited.length === 0) return new Map();
  const { rows } = await queries.execute<{ device: string; type: string; outside: string | number }>(sql`
    with limits as (
      select * from unnest(
        ${bulk.text(limited.map(({ device }) => device))},
        ${bulk.text(limited.map(({ type }) => type))},
        ${bulk.int8(limited.map(({ min }) => min ?? null))},
        ${bulk.int8(limited.map(({ max }) => max ?? null))}
      ) as l (device, type, lowest, highest)
    ), mine as (${seriesInScope(scope)})
    select mine.device, mine.type, count(*) as outside
    from mine
    join limits l on l.device = mine.device and l.type = mine.type and (mine.min < l.lowest or mine.max > l.highest)
    cross join lateral ${readingsInScope} u
    where u.value < l.lowest or u.value > l.highest
    group by mine.device, mine.type`);
  return new Map(rows.map(({ device, type, outside }) => [`${type}/${device}`, Number(outside)]));
}

/** What was agreed for this very device, or else for all. */
function limitOf(limits: readonly Limit[], type: string, device: string): Limit | undefined {
  const ofType = limits.filter((limit) => limit.type === type);
  return (
    ofType.find(({ devices }) => devices?.includes(device)) ??
    ofType.find(({ devices }) => devices === undefined)
  );
}

function showLimit(limit: Limit | undefined): Curve['limits'] {
  return limit === undefined ? null : { min: limit.min ?? null, max: limit.max ?? null };
}
