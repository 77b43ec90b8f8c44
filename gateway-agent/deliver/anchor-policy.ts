/** When a log that has grown is anchored. */
export type AnchorPolicy = {
  /** as soon as the last anchor is this old; 0 for never by time */
  intervalMs: number;
  /** as soon as this many entries have no anchor */
  everyEntries?: number | undefined;
  /** once a day, at this time of the gateway's own clock */
  dailyAt?: { hour: number; minute: number } | undefined;
  /** between the last anchor and one that somebody asks for at once, ms: who asks all the time must not spend the account */
  urgentGapMs: number;
};

/** What is known when that is decided. `size` and `anchored` count entries. */
export type AnchorSituation = {
  size: number;
  anchored: number;
  /** monotonic ms since this process anchored; Infinity where it has not, so that a start catches up */
  sinceAnchorMs: number;
  /** wall clock of the last anchor that this gateway knows, Unix ms; 0 where there is none */
  anchoredAt: number;
  /** the wall clock now, Unix ms */
  now: number;
  /** why somebody asked for an anchor at once; empty where nobody did */
  urgent: readonly string[];
};

/** Why the log is to be anchored now, for the gateway's log; undefined where it is not. */
export function anchorCause(policy: AnchorPolicy, situation: AnchorSituation): string | undefined {
  const { size, anchored, sinceAnchorMs, urgent } = situation;
  if (anchored >= size) return undefined;
  if (urgent.length > 0 && sinceAnchorMs >= policy.urgentGapMs) return urgent.join('; ');
  if (policy.everyEntries !== undefined && size - anchored >= policy.everyEntries) {
    return `${size - anchored} entries`;
  }
  if (policy.intervalMs > 0 && sinceAnchorMs >= policy.intervalMs) return 'the interval is over';
  if (isDailyDue(policy, situation)) return 'the daily close';
  return undefined;
}

/** How long to wait before time alone may make an anchor due; Infinity where time does not. */
export function nextDueMs(policy: AnchorPolicy, situation: AnchorSituation): number {
  const { size, anchored, sinceAnchorMs, now, urgent } = situation;
  if (anchored >= size) return Infinity;
  const asked = urgent.length > 0 ? Math.max(0, policy.urgentGapMs - sinceAnchorMs) : Infinity;
  const interval = policy.intervalMs > 0 ? Math.max(0, policy.intervalMs - sinceAnchorMs) : Infinity;
  const daily =
    policy.dailyAt === undefined
      ? Infinity
      : isDailyDue(policy, situation)
        ? 0
        : dailyMoment(policy.dailyAt, now, 1) - now;
  return Math.min(asked, interval, daily);
}

/** A close that the gateway slept through is made up for: what counts is the last anchor, not whether it was awake. */
function isDailyDue({ dailyAt }: AnchorPolicy, { now, anchoredAt }: AnchorSituation): boolean {
  return dailyAt !== undefined && anchoredAt < dailyMoment(dailyAt, now, 0);
}

/** The last such moment up to now, or `days` days after that: in local time, which summer time may bend by an hour. */
function dailyMoment({ hour, minute }: { hour: number; minute: number }, now: number, days: number): number {
  const today = new Date(now);
  today.setHours(hour, minute, 0, 0);
  const passed = today.getTime() <= now ? 0 : 1;
  today.setDate(today.getDate() - passed + days);
  return today.getTime();
}
