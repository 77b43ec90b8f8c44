import type { Queries } from '@tianyuan/platform';
import { type QuantityName, findExcursions, ruleDigest } from '@tianyuan/protocol';
import { and, asc, eq, lt } from 'drizzle-orm';
import type { BatchScope } from '../batches/batch-scope.ts';
import type { BatchRow } from '../batches/find-batch.ts';
import type { When } from '../batches/when.ts';
import { excursionFacts } from '../database/schema.ts';
import { type ExcursionStatement, type FoundExcursion, excursionId } from './excursion-statement.ts';
import type { Kept } from './kept.ts';
import type { Profile } from './profile.ts';
import type { ProfileVersion } from './read-profile.ts';
import { type SensorReadings, readReadings } from './read-readings.ts';
import { type DeviceStretches, stretchesOf } from './stretches.ts';

/** An excursion, and the record in the platform's log that says so; null until it does. */
export type ExcursionView = FoundExcursion & { excursion: string; recordIndex: number | null };

export type ExcursionsView = {
  /** null where no profile is chosen for the batch */
  profile: (Pick<Profile, 'profile' | 'name' | 'source' | 'rules'> & { profileIndex: number }) | null;
  excursions: ExcursionView[];
};

/** A batch's excursions under its profile, worked out from its readings as they were mirrored then, by time. */
export async function readExcursions(
  queries: Queries,
  { batchId }: Pick<BatchRow, 'batchId'>,
  when: When,
  { scope, version }: Kept,
): Promise<ExcursionsView> {
  if (version === undefined) return { profile: null, excursions: [] };
  const found = await lookForExcursions(queries, scope, version, when.timeMs ?? Date.now());
  const known = new Map(
    (await readKnown(queries, batchId, when.asOf)).map(({ atIndex, body }) => [
      body.excursion,
      { atIndex, body },
    ]),
  );
  const { profile, name, source, rules } = version.profile;
  return {
    profile: { profile, name, source, rules, profileIndex: version.profileIndex },
    excursions: found.map((one) => {
      const excursion = excursionId(one);
      const said = known.get(excursion);
      const stands = said !== undefined && said.body.state !== 'withdrawn' && said.body.until === one.until;
      return { ...one, excursion, recordIndex: stands ? said.atIndex : null };
    }),
  };
}

/** @param now Unix ms: spans that end later are open */
export async function lookForExcursions(
  queries: Queries,
  scope: BatchScope,
  version: ProfileVersion,
  now: number,
): Promise<FoundExcursion[]> {
  const types = [...new Set(version.profile.rules.map(({ type }) => type))] as QuantityName[];
  const devices = new Map(stretchesOf(scope, now).map((one) => [one.device, one]));
  const found: FoundExcursion[] = [];
  for await (const sensor of readReadings(queries, scope, types)) {
    const device = devices.get(sensor.device);
    if (device !== undefined) found.push(...excursionsOf(scope.batchId, version, device, sensor));
  }
  return found.toSorted((a, b) => a.from - b.from || (excursionId(a) < excursionId(b) ? -1 : 1));
}

function excursionsOf(
  batch: string,
  { profile: { profile, rules }, profileIndex }: ProfileVersion,
  { device, named, spans, stretches }: DeviceStretches,
  { sensor, type, readings }: SensorReadings,
): FoundExcursion[] {
  return rules
    .filter((rule) => rule.type === type)
    .flatMap((rule) =>
      stretches.flatMap((stretch) =>
        findExcursions(readings, rule, stretch).map((found) => ({
          batch,
          profile,
          profileIndex,
          device,
          sensor,
          rule,
          ruleDigest: ruleDigest(rule),
          named,
          spans,
          stretch,
          ...found,
        })),
      ),
    );
}

/** The youngest statement about each excursion of a batch before `asOf`. */
export async function readKnown(
  queries: Queries,
  batchId: string,
  asOf: number,
): Promise<{ atIndex: number; body: ExcursionStatement }[]> {
  const rows = await queries
    .select({ atIndex: excursionFacts.atIndex, body: excursionFacts.body })
    .from(excursionFacts)
    .where(and(eq(excursionFacts.batchId, batchId), lt(excursionFacts.atIndex, asOf)))
    .orderBy(asc(excursionFacts.atIndex));
  return [...new Map(rows.map((row) => [row.body.excursion, row])).values()];
}
