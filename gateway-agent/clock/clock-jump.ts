/** Where wall and monotonic clock stood against each other. */
export type ClockOffset = { wallMs: number; monotonicMs: number };

/** NTP slews at most 0.5 ms a second; a second at once is a step, by NTP's first setting, a person, a battery or a suspend. */
const jumpMs = 1_000;

/** By how much the wall clock has jumped since, in whole ms; 0 where it has not. Pure. */
export function jumpBetween(before: ClockOffset, after: ClockOffset): number {
  const moved = Math.round(after.wallMs - before.wallMs - (after.monotonicMs - before.monotonicMs));
  return Math.abs(moved) >= jumpMs ? moved : 0;
}
