/** Unix ms; `until` is not part of it, and Infinity where nobody knows an end. Never empty. */
export type Interval = { from: number; until: number };

export function intersect(a: Interval, b: Interval): Interval | undefined {
  const from = Math.max(a.from, b.from);
  const until = Math.min(a.until, b.until);
  return from < until ? { from, until } : undefined;
}

/** What of `whole` none of `taken` covers, in order of time. */
export function subtract(whole: Interval, taken: readonly Interval[]): Interval[] {
  const overlapping = taken
    .filter((one) => intersect(whole, one) !== undefined)
    .toSorted((a, b) => a.from - b.from);
  const left: Interval[] = [];
  let { from } = whole;
  for (const one of overlapping) {
    if (one.from > from) left.push({ from, until: one.from });
    from = Math.max(from, one.until);
  }
  if (from < whole.until) left.push({ from, until: whole.until });
  return left;
}

/** The same times in the fewest intervals, in order, none touching another. */
export function merge(intervals: readonly Interval[]): Interval[] {
  const merged: Interval[] = [];
  for (const { from, until } of intervals.toSorted((a, b) => a.from - b.from)) {
    const last = merged.at(-1);
    if (last !== undefined && from <= last.until) last.until = Math.max(last.until, until);
    else merged.push({ from, until });
  }
  return merged;
}
