/** One reading of one sensor, and the entry whose payload has it. Device time in Unix ms, value in the scaled unit. */
export type LoggedReading = { time: number; value: number; logId: string; index: number };

/** When a device measured for a batch: `until` is not part of it, and null while it still does. Unix ms. */
export type Stretch = { from: number; until: number | null };

/** Where in a log the readings are that prove an excursion: both indices included, `count` of the entries are theirs. */
export type LoggedLeaves = { logId: string; first: number; last: number; count: number };

/**
 * How an excursion ended: with a reading inside the limit; with a gap too long for the state to be held over it; with the
 * device's stretch; with its window; or not yet.
 */
export type ExcursionEnd = 'recovered' | 'gap' | 'left' | 'window' | 'open';

export type Excursion = {
  from: number;
  /** null while it is open. Of `recovered` the first reading inside again; of `gap` and `left` the last one outside */
  until: number | null;
  ended: ExcursionEnd;
  /** the value furthest outside; of a window, its highest */
  extreme: number;
  /** mean kinetic temperature in m°C; null for other quantities, and where the rule names no ΔH */
  mkt: number | null;
  /** readings that are outside; of a window, that are in it */
  readings: number;
  /** every reading from the one before the excursion to the one after it, log by log */
  leaves: LoggedLeaves[];
};

/** By time; what has the same time, always in the same order. */
export function compareReadings(a: LoggedReading, b: LoggedReading): number {
  if (a.time !== b.time) return a.time - b.time;
  if (a.logId !== b.logId) return a.logId < b.logId ? -1 : 1;
  return a.index - b.index || a.value - b.value;
}

/** The leaves that hold these readings, by log. */
export function leavesOf(readings: readonly LoggedReading[]): LoggedLeaves[] {
  const byLog = Map.groupBy(readings, ({ logId }) => logId);
  return [...byLog]
    .map(([logId, those]) => {
      const indices = new Set(those.map(({ index }) => index));
      const [first, last] = those.reduce(
        ([least, most], { index }) => [Math.min(least, index), Math.max(most, index)],
        [Infinity, -Infinity],
      );
      return { logId, first, last, count: indices.size };
    })
    .toSorted((a, b) => (a.logId < b.logId ? -1 : 1));
}
