/** A device's counter: which of its keys, which restart, which message. */
export type Counter = { key: number; boot: number; seq: number };

/** Counters `firstSeq` to `lastSeq` of one key and boot, both included. */
export type CounterRange = { key: number; boot: number; firstSeq: number; lastSeq: number };

/** Messages whose payloads are lost by a gateway's own word; `count` of the range's counters. */
export type LostRange = CounterRange & { count: number };

/** Where counters are that are not logged, and how many of them a tombstone says were evicted before anybody had them. */
export type Hole = CounterRange & { evicted: number };

export type Counted = {
  /** messages that are there */
  logged: number;
  /** counters that are not, between those that are, less the evicted */
  missing: number;
  evicted: number;
  /** restarts after which nobody can say how many messages followed the last one before */
  unknownEnds: number;
  /** logged of what was counted, in m%, rounded down: 100,000 is all of it, and nothing less is */
  completeMilliPercent: number;
  /** the proof: what is there, and what is not */
  ranges: CounterRange[];
  holes: Hole[];
};

/**
 * What of a device's messages in one stretch of time is there. PROTOCOL section 1: a device counts from 1 in each boot;
 * inside a boot a hole is missing, and what followed the last message of a boot is unknown. Of the first boot nothing is
 * asked before its first counter, which may be of an earlier time; a later boot began inside the stretch, at 1.
 * @param inside counters of the messages in the stretch
 * @param elsewhere other counters of the same device that are logged: they fill holes, and are not counted
 */
export function countMessages(
  inside: readonly Counter[],
  elsewhere: readonly Counter[],
  lost: readonly LostRange[],
): Counted {
  const boots = [...Map.groupBy(inside, ({ key, boot }) => `${key}/${boot}`).values()].toSorted(
    ([a], [b]) => a!.key - b!.key || a!.boot - b!.boot,
  );
  const others = Map.groupBy(elsewhere, ({ key, boot }) => `${key}/${boot}`);
  const parts = boots.map((counters, i) => {
    const { key, boot } = counters[0]!;
    const name = `${key}/${boot}`;
    const mine = new Set(counters.map(({ seq }) => seq));
    const there = new Set([...mine, ...(others.get(name) ?? []).map(({ seq }) => seq)]);
    const first = i === 0 ? [...mine].reduce((a, b) => Math.min(a, b)) : 1;
    const last = [...mine].reduce((a, b) => Math.max(a, b));
    const between = [...there].filter((seq) => seq >= first && seq <= last).toSorted((a, b) => a - b);
    const holes = holesIn(between, first).map(([firstSeq, lastSeq]) => {
      const hole = { key, boot, firstSeq, lastSeq };
      return { ...hole, evicted: evictedIn(hole, lost) };
    });
    return {
      logged: mine.size,
      holes,
      ranges: rangesOf(mine).map(([f, l]) => ({ key, boot, firstSeq: f, lastSeq: l })),
    };
  });
  const holes = parts.flatMap((part) => part.holes);
  const logged = sum(parts.map((part) => part.logged));
  const evicted = sum(holes.map((hole) => hole.evicted));
  const absent = sum(holes.map(({ firstSeq, lastSeq }) => lastSeq - firstSeq + 1));
  const counted = logged + absent;
  return {
    logged,
    missing: absent - evicted,
    evicted,
    unknownEnds: Math.max(0, boots.length - 1),
    completeMilliPercent: counted === 0 ? 0 : Math.floor((logged * 100_000) / counted),
    ranges: parts.flatMap((part) => part.ranges),
    holes,
  };
}

/**
 * How many of the intervals in which a device was to report it did, in m% rounded down. Intervals follow each other from
 * the begin on; the last one counts once it is over.
 * @param times Unix ms
 */
export function countIntervals(
  times: readonly number[],
  { from, until }: { from: number; until: number },
  everyMs: number,
): { expected: number; reported: number; milliPercent: number } {
  const expected = Math.max(0, Math.floor((until - from) / everyMs));
  const reported = new Set(
    times.map((time) => Math.floor((time - from) / everyMs)).filter((i) => i >= 0 && i < expected),
  ).size;
  const milliPercent = expected === 0 ? 0 : Math.floor((reported * 100_000) / expected);
  return { expected, reported, milliPercent };
}

/** @param present ascending, from `first` on */
function holesIn(present: readonly number[], first: number): [first: number, last: number][] {
  return present.flatMap((seq, i): [number, number][] => {
    const due = i === 0 ? first : present[i - 1]! + 1;
    return seq > due ? [[due, seq - 1]] : [];
  });
}

function rangesOf(seqs: ReadonlySet<number>): [first: number, last: number][] {
  const ranges: [number, number][] = [];
  for (const seq of [...seqs].toSorted((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last?.[1] === seq - 1) last[1] = seq;
    else ranges.push([seq, seq]);
  }
  return ranges;
}

/** A tombstone says how many of a range went, not which: at most that many, and at most the hole's. */
function evictedIn(hole: CounterRange, lost: readonly LostRange[]): number {
  const size = hole.lastSeq - hole.firstSeq + 1;
  const those = lost
    .filter(({ key, boot }) => key === hole.key && boot === hole.boot)
    .map(({ firstSeq, lastSeq, count }) => {
      const both = Math.min(lastSeq, hole.lastSeq) - Math.max(firstSeq, hole.firstSeq) + 1;
      return Math.max(0, Math.min(both, count));
    });
  return Math.min(size, sum(those));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}
