import { type Queries, bulk } from '@tianyuan/platform';
import { type LoggedLeaves, type Stretch, leavesOf } from '@tianyuan/protocol';
import { sql } from 'drizzle-orm';
import { type BatchScope, readingsInScope, seriesInScope } from '../batches/batch-scope.ts';
import type { When } from '../batches/when.ts';
import { entries, keys, logs, lostRanges } from '../database/schema.ts';
import { subjectOf } from '../ingest/examine-entry.ts';
import {
  type Counted,
  type Counter,
  type CounterRange,
  type LostRange,
  countIntervals,
  countMessages,
} from './completeness.ts';
import type { Kept } from './kept.ts';
import { stretchesOf } from './stretches.ts';

/** What of one device's messages in one stretch is there. */
export type CompletenessView = Counted & {
  device: string;
  /** while it measured for the batch; `from` 0 and no end for a device that the batch lists */
  stretch: Stretch;
  /** device time of the first and the last reading that is there, Unix ms */
  first: number;
  last: number;
  /** where the messages are logged */
  leaves: LoggedLeaves[];
  /** entries between those leaves whose payload was never given; of this device or another, nobody can say */
  withheld: number;
  /** by the reporting interval of the profile, where it has one */
  intervals: { everyMs: number; expected: number; reported: number; milliPercent: number } | null;
};

type Place = { time: number; logId: string; index: number; counter: Counter };

/** By device and stretch, for those that have a reading in it. */
export async function readCompleteness(
  queries: Queries,
  when: When,
  { scope, version }: Kept,
): Promise<CompletenessView[]> {
  const now = when.timeMs ?? Date.now();
  const everyMs = version?.profile.reportingMs;
  const views: CompletenessView[] = [];
  for (const { device, stretches } of stretchesOf(scope, now)) {
    const all = await readPlaces(queries, scope, device);
    const lost = all.length === 0 ? [] : await readLost(queries, device);
    for (const stretch of stretches) {
      const inside = all.filter(({ time }) => isIn(time, stretch));
      if (inside.length === 0) continue;
      views.push(await describe(queries, { device, stretch, inside, lost, everyMs, now }));
    }
  }
  return views;
}

async function describe(
  queries: Queries,
  of: {
    device: string;
    stretch: Stretch;
    inside: Place[];
    lost: LostRange[];
    everyMs: number | undefined;
    now: number;
  },
): Promise<CompletenessView> {
  const { device, stretch, inside, lost, everyMs, now } = of;
  const times = inside.map(({ time }) => time);
  const [first, last] = [times[0]!, times.at(-1)!];
  const counters = new Map(inside.map(({ counter }) => [counterName(counter), counter]));
  const elsewhere = await readCounters(queries, device, boundsOf([...counters.values()]));
  const leaves = leavesOf(inside.map(({ logId, index, time }) => ({ logId, index, time, value: 0 })));
  // A device that is listed is asked from its first reading on; one that was bound, from then on.
  const span = {
    from: stretch.from === 0 ? first : stretch.from,
    until: Math.min(stretch.until ?? now, now),
  };
  return {
    device,
    stretch,
    first,
    last,
    ...countMessages(
      [...counters.values()],
      elsewhere.filter((counter) => !counters.has(counterName(counter))),
      lost,
    ),
    leaves,
    withheld: await countWithheld(queries, leaves),
    intervals: everyMs === undefined ? null : { everyMs, ...countIntervals(times, span, everyMs) },
  };
}

const isIn = (time: number, { from, until }: Stretch) => time >= from && (until === null || time < until);

const counterName = ({ key, boot, seq }: Counter) => `${key}/${boot}/${seq}`;

/** Every message of a device with a reading, and its counter, in order of time. */
async function readPlaces(queries: Queries, scope: BatchScope, device: string): Promise<Place[]> {
  const { rows } = await queries.execute<Record<string, string | number>>(sql`
    with mine as (select s.* from (${seriesInScope(scope)}) s where s.device = ${device}), read as (
      select distinct mine.log, u.time, coalesce(u.index, mine.first_index) as index
      from mine cross join lateral ${readingsInScope} u
    )
    select l.log_id as "logId", read.time, read.index, k.key_number as key, e.boot, e.seq
    from read
    join ${logs} l on l.id = read.log
    join ${entries} e on e.log = read.log and e.index = read.index
    join ${keys} k on k.id = e.key
    order by read.time`);
  return rows.map((row) => ({
    time: Number(row.time),
    logId: String(row.logId),
    index: Number(row.index),
    counter: { key: Number(row.key), boot: Number(row.boot), seq: Number(row.seq) },
  }));
}

/** From the lowest to the highest counter of each boot; of all boots but the first, from 1. */
function boundsOf(counters: readonly Counter[]): CounterRange[] {
  const boots = [...Map.groupBy(counters, ({ key, boot }) => `${key}/${boot}`).values()].toSorted(
    ([a], [b]) => a!.key - b!.key || a!.boot - b!.boot,
  );
  return boots.map((those, i) => {
    const { key, boot } = those[0]!;
    const seqs = those.map(({ seq }) => seq);
    const firstSeq = i === 0 ? seqs.reduce((a, b) => Math.min(a, b)) : 1;
    return { key, boot, firstSeq, lastSeq: seqs.reduce((a, b) => Math.max(a, b)) };
  });
}

/** What is logged of these counters, whatever it carries and whatever batch it names. */
async function readCounters(
  queries: Queries,
  device: string,
  bounds: readonly CounterRange[],
): Promise<Counter[]> {
  const { rows } = await queries.execute<Record<'key' | 'boot' | 'seq', string | number>>(sql`
    select k.key_number as key, e.boot, e.seq
    from unnest(
      ${bulk.int8(bounds.map(({ key }) => key))}, ${bulk.int8(bounds.map(({ boot }) => boot))},
      ${bulk.int8(bounds.map(({ firstSeq }) => firstSeq))}, ${bulk.int8(bounds.map(({ lastSeq }) => lastSeq))}
    ) as b (key, boot, first, last)
    join ${keys} k on k.subject = ${subjectOf(device)} and k.key_number = b.key
    join ${entries} e on e.verified and e.key = k.id and e.boot = b.boot and e.seq between b.first and b.last`);
  return rows.map(({ key, boot, seq }) => ({ key: Number(key), boot: Number(boot), seq: Number(seq) }));
}

async function readLost(queries: Queries, device: string): Promise<LostRange[]> {
  const { rows } = await queries.execute<Record<string, string | number>>(sql`
    select key_number as key, boot, first_seq as "firstSeq", last_seq as "lastSeq", count
    from ${lostRanges} where device = ${device}`);
  return rows.map((row) => ({
    key: Number(row.key),
    boot: Number(row.boot),
    firstSeq: Number(row.firstSeq),
    lastSeq: Number(row.lastSeq),
    count: Number(row.count),
  }));
}

async function countWithheld(queries: Queries, leaves: readonly LoggedLeaves[]): Promise<number> {
  const { rows } = await queries.execute<{ count: string | number }>(sql`
    select count(*) as count
    from unnest(
      ${bulk.text(leaves.map(({ logId }) => logId))},
      ${bulk.int8(leaves.map(({ first }) => first))}, ${bulk.int8(leaves.map(({ last }) => last))}
    ) as r (log_id, first, last)
    join ${logs} l on l.log_id = r.log_id
    join ${entries} e on e.log = l.id and e.index between r.first and r.last and e.flag = 'WITHHELD'`);
  return Number(rows[0]?.count ?? 0);
}
