import { type Sample, timeWeights } from '@tianyuan/protocol';
import { z } from 'zod';

const day = 24 * 3600_000;

/** How long it keeps at the reference temperature, and how much faster it goes 10 K above it. */
const parameters = z.strictObject({
  lifeMs: z
    .int()
    .min(3600_000)
    .max(3660 * day),
  /** Q10 in thousandths: 2,800 is 2.8 */
  q10Milli: z.int().min(1_000).max(20_000),
});

/**
 * Q10 model: what is left after a time at a temperature shrinks Q10 times as fast for every 10 K. Q10 and Arrhenius differ
 * little over the few degrees of a cold chain, and Q10 is what postharvest tables give.
 */
export const shelfLifeModelSchema = z.strictObject({
  model: z.literal('q10'),
  /** m°C, at which `lifeMs` holds */
  referenceMilliCelsius: z.int(),
  likely: parameters,
  /** the least and the most that the source allows, for the bounds of the estimate */
  least: parameters,
  most: parameters,
  /** below it the product is not better off, but damaged: readings below count as this, m°C */
  coldestMilliCelsius: z.int(),
  maxGapMs: z.int().min(1).max(day),
  /** where the parameters are from, for people */
  source: z.string().min(1).max(500),
});

export type ShelfLifeModel = z.infer<typeof shelfLifeModelSchema>;

/** An estimate, never a promise: what a model makes of the recorded temperatures. Times in ms. */
export type ShelfLife = {
  isEstimate: true;
  /** when it would be used up if it is kept at `keptAtMilliCelsius` from the last reading on: likely, earliest, latest */
  remainingMs: number;
  leastRemainingMs: number;
  mostRemainingMs: number;
  keptAtMilliCelsius: number;
  /** of the likely life, in ppm; more than a million is more than all of it */
  consumedPpm: number;
  /** from the begin to the last reading, and how much of that nobody measured */
  elapsedMs: number;
  unrecordedMs: number;
};

/**
 * The remaining life after these temperatures. What nobody measured, between readings too far apart and before the first
 * of them, is taken as gone at the average rate of what was. Rounded to whole ms and ppm.
 * @param samples in m°C, ascending by time
 * @param begin when its life began, Unix ms: the harvest
 * @returns undefined where there are no two readings near enough to each other
 */
export function estimateShelfLife(
  samples: readonly Sample[],
  begin: number,
  model: ShelfLifeModel,
): ShelfLife | undefined {
  const last = samples.at(-1);
  if (last === undefined) return undefined;
  const weights = timeWeights(samples, model.maxGapMs);
  const recordedMs = weights.reduce((sum, weight) => sum + weight, 0);
  if (recordedMs === 0) return undefined;
  const elapsedMs = Math.max(last.time - Math.min(begin, samples[0]!.time), recordedMs);
  const consumed = ({ lifeMs, q10Milli }: ShelfLifeModel['likely']): number => {
    const rates = samples.reduce(
      (sum, { value }, i) => sum + weights[i]! * rateAt(value, q10Milli, model),
      0,
    );
    return (rates / recordedMs) * (elapsedMs / lifeMs);
  };
  const remaining = (of: ShelfLifeModel['likely']) => Math.max(0, Math.round(of.lifeMs * (1 - consumed(of))));
  // All of them: whether a higher Q10 leaves less depends on whether it was warmer or colder than the reference.
  const bounds = [model.least, model.likely, model.most].flatMap(({ lifeMs }) =>
    [model.least, model.likely, model.most].map(({ q10Milli }) => remaining({ lifeMs, q10Milli })),
  );
  return {
    isEstimate: true,
    remainingMs: remaining(model.likely),
    leastRemainingMs: bounds.reduce((a, b) => Math.min(a, b)),
    mostRemainingMs: bounds.reduce((a, b) => Math.max(a, b)),
    keptAtMilliCelsius: model.referenceMilliCelsius,
    consumedPpm: Math.round(consumed(model.likely) * 1_000_000),
    elapsedMs,
    unrecordedMs: Math.round(elapsedMs - recordedMs),
  };
}

/** How much faster than at the reference temperature. */
function rateAt(
  milliCelsius: number,
  q10Milli: number,
  { referenceMilliCelsius, coldestMilliCelsius }: ShelfLifeModel,
): number {
  const effective = Math.max(milliCelsius, coldestMilliCelsius);
  return (q10Milli / 1000) ** ((effective - referenceMilliCelsius) / 10_000);
}

/** Of several sensors at once, the warmest counts: one sample for each slot in which any of them measured. */
export function warmest(samples: readonly Sample[], slotMs: number): Sample[] {
  const slots = Map.groupBy(samples, ({ time }) => Math.floor(time / slotMs));
  return [...slots.values()]
    .map((those) => those.reduce((most, one) => (one.value > most.value ? one : most)))
    .toSorted((a, b) => a.time - b.time);
}
