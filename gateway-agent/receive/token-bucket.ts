import type { RateLimit } from '../devices/device-register.ts';

/**
 * A token bucket in the form of the generic cell rate algorithm (ITU-T I.371): one number instead of a level and the time
 * that it was of. It is the monotonic ms at which the bucket will be full again.
 */
export type Bucket = { fullAtMs: number };

export const fullBucket: Bucket = { fullAtMs: Number.NEGATIVE_INFINITY };

/**
 * How long until `cost` tokens may be taken. What costs more than the bucket holds waits for a full one and leaves a debt,
 * since it would wait for ever otherwise.
 */
export function waitMs(
  { fullAtMs }: Bucket,
  nowMs: number,
  cost: number,
  { ratePerSecond, burst }: RateLimit,
): number {
  const msPerToken = 1000 / ratePerSecond;
  const missingMs = Math.max(0, fullAtMs - nowMs);
  return Math.max(0, missingMs + Math.min(cost, burst) * msPerToken - burst * msPerToken);
}

/** The bucket after `cost` tokens were taken. */
export function take(
  { fullAtMs }: Bucket,
  nowMs: number,
  cost: number,
  { ratePerSecond }: RateLimit,
): Bucket {
  return { fullAtMs: Math.max(fullAtMs, nowMs) + (cost * 1000) / ratePerSecond };
}

/** What one token stands for beside one message: a large message is more work than a small one. */
const bytesPerToken = 4 * 1024;

export function costOf(payloadBytes: number): number {
  return Math.max(1, Math.ceil(payloadBytes / bytesPerToken));
}
