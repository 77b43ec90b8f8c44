import type { Database } from '@tianyuan/platform';
import { findBatch } from '../batches/find-batch.ts';
import { readScope } from '../batches/read-scope.ts';
import { presently } from '../batches/when.ts';
import { errors } from '../errors.ts';
import type { Records } from '../records/open-records.ts';
import { isRefusal } from '../records/recorded.ts';
import { decideExcursions } from './decide-excursions.ts';
import { lookForExcursions, readKnown } from './read-excursions.ts';
import { readProfile } from './read-profile.ts';

/** Of one batch at once; the next pass says the rest. */
const mostStatements = 100;

/**
 * Has the platform's log say of a batch what its readings show and it does not say yet. Done twice, the second time says
 * nothing, also where another process does it at the same moment.
 * @returns how many statements were made
 */
export async function logExcursions(
  { queries }: Pick<Database, 'queries'>,
  records: Pick<Records, 'statements'>,
  batchId: string,
  now: number,
): Promise<number> {
  const batch = await findBatch(queries, { batchId });
  const version = batch && (await readProfile(queries, batch, presently.asOf));
  const found =
    version === undefined
      ? []
      : await lookForExcursions(queries, await readScope(queries, batch!, presently), version, now);
  const known = (await readKnown(queries, batchId, presently.asOf)).map(({ body }) => body);
  const due = decideExcursions(known, found).slice(0, mostStatements);
  if (due.length === 0) return 0;
  const answer = await records.statements(
    due.map((body) => ({ name: 'excursion', body })),
    'platform',
  );
  // Another process said one of them first: the next pass says the others.
  if (isRefusal(answer) && answer.kind === errors.excursionSaid) return 0;
  if (isRefusal(answer)) throw new Error(`an excursion of batch ${batchId} is refused: ${answer.detail}`);
  return due.length;
}
