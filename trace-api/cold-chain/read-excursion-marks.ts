import type { Queries } from '@tianyuan/platform';
import type { ExcursionMark } from '../batches/batch-view.ts';
import { readKnown } from './read-excursions.ts';

/**
 * A batch's excursions as the platform's log had them before `asOf`, by time: a page shows what is said and proven, and
 * does not work it out from every reading for every reader.
 */
export async function readExcursionMarks(
  queries: Queries,
  batchId: string,
  asOf: number,
): Promise<ExcursionMark[]> {
  const known = await readKnown(queries, batchId, asOf);
  return known
    .filter(({ body }) => body.state !== 'withdrawn')
    .map(({ atIndex, body }) => ({
      device: body.device,
      type: body.rule.type,
      rule: body.rule.id,
      kind: body.rule.kind,
      limit: body.rule.limit,
      from: body.from,
      until: body.until,
      extreme: body.extreme,
      index: atIndex,
    }))
    .toSorted((a, b) => a.from - b.from || a.index - b.index);
}
