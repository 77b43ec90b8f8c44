/** A first retry may come at once; a gateway that was away for long is asked by each device every five seconds or so. */
const firstMs = 500;
const longestMs = 10_000;

/**
 * How long to wait before the `attempt`-th retry in a row, from 0: anything up to a bound that doubles, so that a fleet
 * which lost its gateway together does not come back together (Brooker, "Exponential Backoff And Jitter", 2015).
 */
export function fullJitter(attempt: number, random: () => number): number {
  const bound = Math.min(longestMs, firstMs * 2 ** Math.min(attempt, 16));
  // MQTT.js reads 0 as "never".
  return Math.max(1, Math.round(random() * bound));
}
