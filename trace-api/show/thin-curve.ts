import type { CurvePoint } from '../batches/batch-view.ts';

/** At most `most` points: neighbours merged so that no extreme is lost. */
export function thinCurve(points: readonly CurvePoint[], most: number): CurvePoint[] {
  if (points.length <= most) return [...points];
  const width = Math.ceil(points.length / most);
  const thinned: CurvePoint[] = [];
  for (let start = 0; start < points.length; start += width) {
    thinned.push(merge(points.slice(start, start + width)));
  }
  return thinned;
}

function merge(group: readonly CurvePoint[]): CurvePoint {
  const mean = (of: (point: CurvePoint) => number) =>
    Math.round(group.reduce((total, point) => total + of(point), 0) / group.length);
  return {
    time: mean((point) => point.time),
    min: Math.min(...group.map((point) => point.min)),
    mean: mean((point) => point.mean),
    max: Math.max(...group.map((point) => point.max)),
  };
}
