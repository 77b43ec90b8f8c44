import type { Database } from '@tianyuan/platform';
import { eq, isNotNull, isNull, and } from 'drizzle-orm';
import { profileChoices, profiles } from '../database/schema.ts';
import type { Records } from '../records/open-records.ts';
import { knownProfiles } from './known-profiles.ts';

/** Records the profiles that batches name, that are known here, and that nobody has recorded. */
export async function recordKnownProfiles(
  { queries }: Pick<Database, 'queries'>,
  records: Pick<Records, 'statement'>,
): Promise<void> {
  const rows = await queries
    .selectDistinct({ profile: profileChoices.profile })
    .from(profileChoices)
    .leftJoin(profiles, eq(profiles.profile, profileChoices.profile))
    .where(and(isNotNull(profileChoices.profile), isNull(profiles.atIndex)));
  const named = new Set(rows.map(({ profile }) => profile));
  for (const profile of knownProfiles) {
    if (named.has(profile.profile)) await records.statement('profile', profile, 'platform');
  }
}
