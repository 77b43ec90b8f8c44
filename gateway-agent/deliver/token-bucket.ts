/** Paces a stream: tokens come in at a steady rate, and whoever takes more than there are waits for the rest. */
export type TokenBucket = {
  /** ms to wait before `count` tokens may be spent; spends them, so the bucket may go below nothing */
  take: (count: number) => number;
};

/**
 * @param ratePerSecond tokens that come in; Infinity for a bucket that never makes anybody wait
 * @param burst the most that an idle bucket holds
 * @param nowMs a monotonic clock: a wall clock that is set would stop or flood the stream
 */
export function newTokenBucket(ratePerSecond: number, burst: number, nowMs: () => number): TokenBucket {
  let tokens = burst;
  let filledAt = nowMs();
  return {
    take(count) {
      if (ratePerSecond === Infinity) return 0;
      const now = nowMs();
      tokens = Math.min(burst, tokens + ((now - filledAt) * ratePerSecond) / 1000);
      filledAt = now;
      tokens -= count;
      return tokens >= 0 ? 0 : (-tokens * 1000) / ratePerSecond;
    },
  };
}
