import type { Interval } from './interval.ts';

/** A thing, or some of a lot, went into a parent or out of it, as `containment_facts` has it. Times in Unix ms. */
export type ContainmentFact = {
  atIndex: number;
  child: string;
  parent: string;
  action: 'ADD' | 'DELETE';
  /** of a lot: how much of it; null for things, and for all of it */
  quantity: number | null;
  eventTime: number;
};

/** While the child was in the parent. */
export type Holding = Interval & { child: string; parent: string };

/**
 * From when to when what was in what. Events count in the order in which they happened by their own word, those of one
 * moment in the order of the log; so one that is captured late finds its place. A lot is in a parent while any of it is.
 */
export function holdingsOf(facts: readonly ContainmentFact[]): Holding[] {
  const pairs = Map.groupBy(facts, ({ child, parent }) => JSON.stringify([child, parent]));
  return [...pairs.values()].flatMap((those) => {
    const { child, parent } = those[0]!;
    return intervalsOf(those).map((interval) => ({ child, parent, ...interval }));
  });
}

function intervalsOf(facts: readonly ContainmentFact[]): Interval[] {
  const intervals: Interval[] = [];
  let held = 0; // Infinity once a thing went in that nobody counts
  let from = 0;
  const ordered = facts.toSorted((a, b) => a.eventTime - b.eventTime || a.atIndex - b.atIndex);
  for (const { action, quantity, eventTime } of ordered) {
    const before = held;
    if (action === 'ADD') held += quantity ?? Infinity;
    else held = quantity === null ? 0 : Math.max(0, held - quantity);
    if (before === 0 && held > 0) from = eventTime;
    if (before > 0 && held === 0 && eventTime > from) intervals.push({ from, until: eventTime });
  }
  if (held > 0) intervals.push({ from, until: Infinity });
  return intervals;
}
