import type { Curve, View } from './answers.ts';
import type { Miss } from './miss.ts';
import {
  type Measured,
  type Recomputed,
  countOutside,
  periodOf,
  recomputeCurves,
} from './recompute-curves.ts';

/** Where the curves, the period or the counts of a view are not those of the signed readings. Pure. */
export function compareCurves(
  { curves, period }: Pick<View, 'curves' | 'period'>,
  measured: readonly Measured[],
): Miss[] {
  const own = periodOf(measured);
  if (own?.from !== period?.from || own?.to !== period?.to) {
    return [
      {
        code: 'CURVE_DIFFERS',
        detail: `the readings are of ${describe(own)}, the view says ${describe(period)}`,
      },
    ];
  }
  const recomputed = own === null ? new Map<string, Recomputed>() : recomputeCurves(measured, own);
  const shown = new Map(curves.map((curve) => [`${curve.type}/${curve.device}`, curve]));
  const misses = [...new Set([...recomputed.keys(), ...shown.keys()])]
    .toSorted()
    .flatMap((name) => compareCurve(name, shown.get(name), recomputed.get(name)));
  return shown.size === curves.length
    ? misses
    : [...misses, { code: 'CURVE_DIFFERS', detail: 'a curve is shown twice' }];
}

function compareCurve(name: string, shown: Curve | undefined, own: Recomputed | undefined): Miss[] {
  const differs = (detail: string): Miss => ({ code: 'CURVE_DIFFERS', detail: `${name}: ${detail}` });
  if (shown === undefined) return [differs(`${own!.count} readings and no curve`)];
  if (own === undefined) return [differs(`a curve of ${shown.count} readings that nobody signed`)];
  const misses: Miss[] = [];
  if (shown.count !== own.count) misses.push(differs(`${own.count} readings, the view says ${shown.count}`));
  if (shown.points.length !== own.points.length) {
    misses.push(differs(`${own.points.length} points, the view has ${shown.points.length}`));
  }
  for (const [i, point] of own.points.entries()) {
    const other = shown.points[i];
    if (other === undefined) break;
    const wrong = (['time', 'min', 'mean', 'max'] as const).filter((of) => point[of] !== other[of]);
    if (wrong.length > 0) {
      const words = wrong.map((of) => `${of} ${point[of]}, the view says ${other[of]}`).join('; ');
      misses.push(differs(`point ${i} at ${new Date(point.time).toISOString()}: ${words}`));
    }
  }
  const outside = countOutside(own.values, shown.limits);
  if (outside !== shown.outside)
    misses.push(differs(`${outside} readings outside the limits, the view says ${shown.outside}`));
  return misses;
}

function describe(period: View['period']): string {
  return period === null
    ? 'no time'
    : `${new Date(period.from).toISOString()} to ${new Date(period.to).toISOString()}`;
}
