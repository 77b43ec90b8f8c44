import type { Queries } from '@tianyuan/platform';
import { and, desc, eq, isNotNull, lt } from 'drizzle-orm';
import { profileChoices, profiles } from '../database/schema.ts';
import type { Profile } from './profile.ts';

/** A version of a profile: `profileIndex` is the record that has it. */
export type ProfileVersion = { profile: Profile; profileIndex: number };

/** The youngest version of a profile before `asOf`. */
export async function findProfile(
  queries: Queries,
  profile: string,
  asOf: number,
): Promise<ProfileVersion | undefined> {
  const [row] = await queries
    .select({ profile: profiles.body, profileIndex: profiles.atIndex })
    .from(profiles)
    .where(and(eq(profiles.profile, profile), lt(profiles.atIndex, asOf)))
    .orderBy(desc(profiles.atIndex))
    .limit(1);
  return row;
}

/** The profile that was chosen for a batch, or else for its product. */
export async function readProfile(
  queries: Queries,
  { batchId, gtin }: { batchId: string; gtin: string },
  asOf: number,
): Promise<ProfileVersion | undefined> {
  const choice = async (whose: ReturnType<typeof eq>) => {
    const [row] = await queries
      .select({ profile: profileChoices.profile })
      .from(profileChoices)
      .where(and(whose, lt(profileChoices.atIndex, asOf)))
      .orderBy(desc(profileChoices.atIndex))
      .limit(1);
    return row;
  };
  const chosen =
    (await choice(eq(profileChoices.batchId, batchId))) ?? (await choice(eq(profileChoices.gtin, gtin)));
  return chosen?.profile == null ? undefined : findProfile(queries, chosen.profile, asOf);
}

/** Whether anything is chosen at all: where not, nobody looks for excursions. */
export async function hasChoices(queries: Queries): Promise<boolean> {
  const [row] = await queries
    .select({ atIndex: profileChoices.atIndex })
    .from(profileChoices)
    .where(isNotNull(profileChoices.profile))
    .limit(1);
  return row !== undefined;
}
