import type { BatchView, Bilingual, Curve } from '../batches/batch-view.ts';

/** What can be said of a batch at the top of its page. `count` is of readings. */
export type Judgement =
  | { kind: 'not for sale'; status: 'recalled' | 'on_hold' | 'expired'; reasons: Bilingual[] }
  | { kind: 'contradicted'; origins: string[] }
  | { kind: 'no readings' }
  | { kind: 'no limits'; count: number }
  | { kind: 'within'; count: number; cold: boolean; gaps: number }
  | { kind: 'outside'; count: number; outside: number }
  /** by the rules of the product's profile, whatever was agreed beside them */
  | { kind: 'excursions'; excursions: number };

/** GB 31605-2020, hygiene of the food cold chain: chilled is 0 to 10 °C. In m°C. */
const coldestLimitThatIsNotCold = 10_000;

/** A hole is this many times as wide as the usual distance between neighbours: one missed reading is no gap. */
const gapFactor = 4;
const fewestPointsWithARhythm = 8;

/** Limits that say something: a batch may name a quantity and neither end. */
export function hasLimits(
  curve: Curve,
): curve is Curve & { limits: { min: number | null; max: number | null } } {
  return curve.limits !== null && (curve.limits.min !== null || curve.limits.max !== null);
}

export function judgeBatch({
  curves,
  contradicted,
  story,
  status: { status, reasons },
}: Pick<BatchView, 'curves' | 'contradicted' | 'story' | 'status'>): Judgement {
  // Before everything else: who holds the goods must not eat them, however good their curve is.
  if (status === 'recalled' || status === 'on_hold' || status === 'expired') {
    return { kind: 'not for sale', status, reasons: reasons.map(({ text }) => text) };
  }
  if (contradicted.length > 0) return { kind: 'contradicted', origins: contradicted };
  const measured = curves.filter((curve) => curve.count > 0);
  if (measured.length === 0) return { kind: 'no readings' };
  const excursions = story?.coldChain.excursions.length ?? 0;
  if (excursions > 0) return { kind: 'excursions', excursions };
  const limited = measured.filter(hasLimits);
  if (limited.length === 0) return { kind: 'no limits', count: sum(measured, (curve) => curve.count) };
  const count = sum(limited, (curve) => curve.count);
  const outside = sum(limited, (curve) => curve.outside);
  if (outside > 0) return { kind: 'outside', count, outside };
  return {
    kind: 'within',
    count,
    cold: limited.some(
      ({ type, limits }) =>
        type === 'temperature' && limits.max !== null && limits.max <= coldestLimitThatIsNotCold,
    ),
    gaps: sum(limited, (curve) => findGaps(curve).length),
  };
}

/** The points of a curve after which nothing was measured for much longer than usual, as indices. */
export function findGaps({ points }: Pick<Curve, 'points'>): number[] {
  if (points.length < fewestPointsWithARhythm) return [];
  const distances = points.slice(1).map((point, i) => point.time - points[i]!.time);
  const usual = distances.toSorted((a, b) => a - b)[Math.floor(distances.length / 2)]!;
  return distances.flatMap((distance, i) => (distance > gapFactor * usual ? [i] : []));
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
