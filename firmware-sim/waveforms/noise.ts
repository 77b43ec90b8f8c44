/**
 * Reproducible noise that is addressed by integer instead of drawn in sequence: any instant can be asked for, in any
 * order, and a restarted device measures the weather that it would have measured anyway. Nothing here is secret.
 */
export type NoiseKey = number;

/** Names one stream of noise, e.g. `noiseKey(seed, 'orchard-01', 'temperature')`: FNV-1a over the parts. */
export function noiseKey(...parts: readonly (string | number)[]): NoiseKey {
  let hash = 0x811c9dc5;
  for (const character of parts.join('\u0000')) {
    hash = Math.imul(hash ^ character.codePointAt(0)!, 0x01000193);
  }
  return mix(hash);
}

/** The stream's k-th number in [0, 1), uniform. */
export function uniform(key: NoiseKey, k: number): number {
  const low = mix(key ^ Math.imul(k | 0, 0x9e3779b1));
  return mix(low ^ Math.floor(k / 2 ** 32)) / 2 ** 32;
}

/**
 * The stream's k-th number with mean 0 and variance 1, by Irwin-Hall of four: bell-shaped and never beyond ±3.47, so that
 * what is built on it has bounds that can be proven.
 */
export function gaussian(key: NoiseKey, k: number): number {
  let sum = -2;
  for (let i = 0; i < 4; i++) sum += uniform(key, 4 * k + i);
  return sum * Math.sqrt(3);
}

/**
 * The k-th value of a first-order autoregressive process, x(k) = φ·x(k−1) + ε(k), with mean 0 and variance 1, written as
 * the sum over its past: φ^j fades, so the sum stops where it no longer shows.
 */
export function autoregressive(key: NoiseKey, k: number, phi: number): number {
  const terms = Math.ceil(Math.log(1e-3) / Math.log(phi));
  let sum = 0;
  for (let j = terms; j >= 0; j--) sum = sum * phi + gaussian(key, k - j);
  return Math.max(-3, Math.min(3, sum * Math.sqrt(1 - phi * phi)));
}

/** Joins a series' values, one each `stepMs`, by straight lines: continuous at every rate of sampling. */
export function interpolate(series: (k: number) => number, timeMs: number, stepMs: number): number {
  const k = Math.floor(timeMs / stepMs);
  const share = timeMs / stepMs - k;
  return series(k) * (1 - share) + series(k + 1) * share;
}

const weatherStepMs = 600_000;
const sensorStepMs = 10_000;

/** Weather that changes over hours: AR(1) in steps of ten minutes, correlation time about five and a half hours. */
export function weather(key: NoiseKey, timeMs: number): number {
  return interpolate((k) => autoregressive(key, k, 0.97), timeMs, weatherStepMs);
}

/**
 * A sensor's own flutter. Knots ten seconds apart keep its slope small: white noise sampled at high rate would look like a
 * reading that jumps faster than any real sensor does.
 */
export function sensorNoise(key: NoiseKey, timeMs: number): number {
  return interpolate((k) => gaussian(key, k), timeMs, sensorStepMs);
}

/** MurmurHash3's finalizer. */
function mix(value: number): number {
  let hash = value >>> 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
