import type { Queries } from '@tianyuan/platform';
import type { Sample } from '@tianyuan/protocol';
import type { BatchRow } from '../batches/find-batch.ts';
import type { Kept } from './kept.ts';
import type { Profile } from './profile.ts';
import { readReadings } from './read-readings.ts';
import { type ShelfLife, type ShelfLifeModel, estimateShelfLife, warmest } from './shelf-life.ts';

/** Sensors that measure at the same time are compared within this: what reports every ten minutes is in each slot. */
const slotMs = 15 * 60_000;

export type ShelfLifeView = ShelfLife & {
  /** when the estimate is for: the last reading, device time, Unix ms */
  at: number;
  /** its life is taken to begin here: the harvest, or else the first reading */
  begin: number;
  /** the day on which it would be used up: `at` and what remains, likely, earliest, latest */
  until: number;
  earliestUntil: number;
  latestUntil: number;
  profile: string;
  name: Profile['name'];
  profileIndex: number;
  model: ShelfLifeModel;
};

/** An estimate from the warmest sensor at each time; undefined where the profile has no model, or too little was measured. */
export async function readShelfLife(
  queries: Queries,
  batch: Pick<BatchRow, 'harvestedAt'>,
  { scope, version }: Kept,
): Promise<ShelfLifeView | undefined> {
  const model = version?.profile.shelfLife;
  if (version === undefined || model === undefined) return undefined;
  const sensors: Sample[][] = [];
  for await (const { readings } of readReadings(queries, scope, ['temperature'])) {
    sensors.push(warmest(readings, slotMs));
  }
  const samples = warmest(sensors.flat(), slotMs);
  const [first, last] = [samples[0], samples.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  const begin = batch.harvestedAt ?? first.time;
  const estimate = estimateShelfLife(samples, begin, model);
  if (estimate === undefined) return undefined;
  const at = last.time;
  return {
    at,
    begin,
    until: at + estimate.remainingMs,
    earliestUntil: at + estimate.leastRemainingMs,
    latestUntil: at + estimate.mostRemainingMs,
    profile: version.profile.profile,
    name: version.profile.name,
    profileIndex: version.profileIndex,
    ...estimate,
    model,
  };
}
