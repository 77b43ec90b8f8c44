/** A value at a time, Unix ms. */
export type Sample = { time: number; value: number };

/**
 * For how long each sample speaks: half of the way to each of its neighbours, as the trapezoidal rule has it. A gap longer
 * than `maxGapMs` gives nothing to either side, for nobody knows what was in it.
 * @param samples ascending by time
 * @returns in ms, whole or half
 */
export function timeWeights(samples: readonly Sample[], maxGapMs: number): number[] {
  const halves = samples.slice(1).map(({ time }, i) => {
    const gap = time - samples[i]!.time;
    return gap > maxGapMs ? 0 : gap / 2;
  });
  return samples.map((_, i) => (halves[i - 1] ?? 0) + (halves[i] ?? 0));
}
