import { bulk } from '@tianyuan/platform';
import { type SQL, sql } from 'drizzle-orm';
import type { Interval } from '../carriage/interval.ts';
import { series } from '../database/schema.ts';

/** Above every time and index, and still a number that a double holds: SQL has no Infinity among int8. */
const unbounded = Number.MAX_SAFE_INTEGER;

/** What a batch's readings are, and how much of them was mirrored when it is asked about. */
export type BatchScope = {
  /** its own are the messages that name it, of its own devices */
  batchId: string;
  devices: readonly string[];
  /** and the readings of these devices in these times, whatever they name: disjoint intervals of device time */
  spans: readonly (Interval & { device: string })[];
  /** as it stood at `timeMs`, when the mirror had this many entries of each log; undefined for now */
  past: { timeMs: number; sizes: readonly { log: number; size: number }[] } | undefined;
};

/** Its own devices and those that measured it through something else, without their order. */
export function devicesOf({ devices, spans }: BatchScope): string[] {
  return [...new Set([...devices, ...spans.map(({ device }) => device)])];
}

const isOwn = ({ batchId, devices }: BatchScope, table: SQL) =>
  sql`${table}.batch_id = ${batchId} and ${table}.device = any(${bulk.text([...devices])})`;

/** How many entries of the row's log there were; joins to nothing where there were none. */
function sizesOf({ past }: BatchScope): SQL {
  if (past === undefined) return sql`(select ${unbounded}::int8 as size)`;
  return sql`(select * from unnest(
    ${bulk.int4(past.sizes.map(({ log }) => log))}, ${bulk.int8(past.sizes.map(({ size }) => size))}
  ) as z (log, size))`;
}

/**
 * A query for the rows of `series` with readings of the batch: `*` of the row; `low`, `high` and `cap`, which its readings'
 * times and indices are to be from, below and below; and `whole`, whether all of them are. Every reading is in one row once.
 */
export function seriesInScope(scope: BatchScope): SQL {
  return sql`
    select s.*, 0::int8 as low, ${unbounded}::int8 as high, ${capAndWhole(scope, sql`true`)}
    from ${series} s join ${sizesOf(scope)} z on ${isThere(scope)}
    where ${isOwn(scope, sql`s`)}
    ${scope.spans.length === 0 ? sql`` : sql`union all ${seriesInSpans(scope)}`}`;
}

/** The part of {@link seriesInScope} that is the batch's through something that carried the device. */
export function seriesInSpans(scope: BatchScope): SQL {
  const { spans } = scope;
  const bound = (time: number) => Math.min(time, unbounded);
  return sql`
    select s.*, r.low, r.high, ${capAndWhole(scope, sql`s.from_time >= r.low and s.to_time < r.high`)}
    from unnest(
      ${bulk.text(spans.map(({ device }) => device))},
      ${bulk.int8(spans.map(({ from }) => bound(from)))},
      ${bulk.int8(spans.map(({ until }) => bound(until)))}
    ) as r (device, low, high)
    join ${series} s on s.device = r.device and s.from_time < r.high and s.to_time >= r.low
    join ${sizesOf(scope)} z on ${isThere(scope)}
    where not (${isOwn(scope, sql`s`)})`;
}

/** The readings of a row that are in scope, from a table of {@link seriesInScope} named `mine`. */
export const readingsInScope = sql`
  (select u.time, u.value, u.index from unnest(mine.times, mine.values, mine.indices) as u (time, value, index)
   where mine.whole or (u.time >= mine.low and u.time < mine.high and coalesce(u.index, mine.first_index) < mine.cap))`;

function isThere({ past }: BatchScope): SQL {
  return past === undefined ? sql`true` : sql`z.log = s.log and s.first_index < z.size`;
}

function capAndWhole({ past }: BatchScope, isInTime: SQL): SQL {
  const isMirrored =
    past === undefined
      ? sql`true`
      : sql`(select coalesce(max(i), s.first_index) from unnest(s.indices) i) < z.size`;
  return sql`z.size as cap, (${isInTime} and ${isMirrored}) as whole`;
}

/**
 * A query for the messages of the batch, one row for each share that any are from: `log`, `first_index`, `last_index` and
 * `indices`, ascending. Of a bound device, those that have a reading in one of its times.
 */
export function messagesInScope(scope: BatchScope, shares: SQL): SQL {
  const { past } = scope;
  const own =
    past === undefined
      ? sql`select s.log, s.first_index, s.last_index, s.indices from ${shares} s where ${isOwn(scope, sql`s`)}`
      : sql`
        select s.log, min(i) as first_index, max(i) as last_index, array_agg(i order by i) as indices
        from ${shares} s join ${sizesOf(scope)} z on ${isThere(scope)}
        cross join lateral unnest(s.indices) i
        where ${isOwn(scope, sql`s`)} and i < z.size
        group by s.log, s.device, s.first_index`;
  if (scope.spans.length === 0) return own;
  return sql`${own}
    union all
    select log, min(i), max(i), array_agg(i order by i) from (
      select distinct mine.log, mine.batch_id, mine.device, mine.first_index, coalesce(u.index, mine.first_index) as i
      from (${seriesInSpans(scope)}) mine cross join lateral ${readingsInScope} u
    ) as reached
    group by log, batch_id, device, first_index`;
}
