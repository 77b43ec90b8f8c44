import type { Queries } from '@tianyuan/platform';
import type { BatchScope } from '../batches/batch-scope.ts';
import type { BatchRow } from '../batches/find-batch.ts';
import { readScope } from '../batches/read-scope.ts';
import type { When } from '../batches/when.ts';
import { type ProfileVersion, readProfile } from './read-profile.ts';

/** What every view of a batch's cold chain is of, read once for all of them: its readings, and how it is to be kept. */
export type Kept = { scope: BatchScope; version: ProfileVersion | undefined };

/** @param scope where it is known already */
export async function readKept(
  queries: Queries,
  batch: BatchRow,
  when: When,
  scope?: BatchScope,
): Promise<Kept> {
  return {
    scope: scope ?? (await readScope(queries, batch, when)),
    version: await readProfile(queries, batch, when.asOf),
  };
}
