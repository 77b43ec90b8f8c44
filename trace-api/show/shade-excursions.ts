/** When a batch was outside its limits, Unix ms; `until` is null while it lasts. */
export type ChartExcursion = { from: number; until: number | null };

type Span = { from: number; until: number };

/**
 * What of a chart's time is to be shaded: excursions cut to it, each a pixel wide at least, and those one that would touch.
 * Where one lasts, it is shaded to the end.
 * @param width of the chart in pixels
 */
export function shadesOf(excursions: readonly ChartExcursion[], shown: Span, width: number): Span[] {
  const pixelMs = (shown.until - shown.from) / width;
  const shades: Span[] = [];
  const visible = excursions
    .map(({ from, until }) => ({ from, until: until ?? Math.max(from, shown.until) }))
    .filter(({ from, until }) => from <= shown.until && until >= shown.from);
  for (const { from, until } of visible.toSorted((a, b) => a.from - b.from)) {
    const begin = Math.max(from, shown.from);
    const end = Math.min(Math.max(until, begin + pixelMs), shown.until);
    const last = shades.at(-1);
    if (last !== undefined && begin <= last.until + pixelMs) last.until = Math.max(last.until, end);
    else shades.push({ from: begin, until: end });
  }
  return shades;
}
