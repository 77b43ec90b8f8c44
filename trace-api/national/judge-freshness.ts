import type { Outcome } from './next-attempt.ts';

/** What of the platform can be shown: its word of now, its last good word, none, or that it knows no such code. */
export type NationalState = 'live' | 'cached' | 'none' | 'refused';

/** How old a record may be that is called the platform's word of now. */
export const liveForMs = 15 * 60_000;

/** What was recorded and attempted, as it decides the state. Times are Unix ms. */
export type Standing = {
  /** the platform's last word, which is what verified: a record, or that it knows no such code */
  word: { outcome: 'record' | 'unknown-code'; at: number } | undefined;
  /** whether an answer was logged after it, which then was no word */
  isFollowed: boolean;
  /** the last attempt, answered or not */
  attempt: Outcome | undefined;
  /** whether this is a view of the past: what followed is known, so nothing in it is of now */
  isPast: boolean;
  now: number;
};

/**
 * 缓存数据 unless everything speaks for the contrary: the newest answer is the record, no attempt failed after it, and it is of
 * the last quarter of an hour by a clock that has not gone back. Whatever is missing or odd makes it cached.
 */
export function judgeFreshness({ word, isFollowed, attempt, isPast, now }: Standing): NationalState {
  if (word === undefined) return 'none';
  if (word.outcome === 'unknown-code') return 'refused';
  const isLast =
    !isFollowed && !isPast && (attempt === undefined || attempt === 'record' || attempt === 'changed');
  const ageMs = now - word.at;
  return isLast && ageMs >= 0 && ageMs <= liveForMs ? 'live' : 'cached';
}
