import { type Queries, bulk } from '@tianyuan/platform';
import { sql } from 'drizzle-orm';
import { batchFlags, entries } from '../database/schema.ts';
import { type BatchScope, readingsInScope, seriesInSpans } from './batch-scope.ts';

/**
 * Messages that carry a flag, by code: those that name the batch, true or not, of its own devices; and the verified ones
 * that reach it through something else. The counts of the former are kept as they are now: no time is asked of them.
 */
export async function readFlagged(queries: Queries, scope: BatchScope): Promise<Record<string, number>> {
  const { batchId, devices, spans } = scope;
  const reached = sql`
    union all
    select e.flag, count(*) from (
      select distinct mine.log, u.index from (${seriesInSpans(scope)}) mine cross join lateral ${readingsInScope} u
    ) as m join ${entries} e on e.log = m.log and e.index = m.index and e.flag is not null
    group by e.flag`;
  const { rows } = await queries.execute<{ flag: string; count: string | number }>(sql`
    select flag, sum(count) as count from (
      select flag, count from ${batchFlags}
      where batch_id = ${batchId} and device = any(${bulk.text([...devices])})
      ${spans.length === 0 ? sql`` : reached}
    ) as counted
    group by flag having sum(count) > 0 order by flag`);
  return Object.fromEntries(rows.map(({ flag, count }) => [flag, Number(count)]));
}
