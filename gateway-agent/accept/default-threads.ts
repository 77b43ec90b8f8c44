const gibibyte = 1024 ** 3;

/**
 * How many threads verify where nobody says it: one a CPU, but one in all on a board with up to 1.5 GiB, since each takes about
 * 30 MB; and no more than four, beyond which the one thread that commits is what everything waits for.
 */
export function defaultThreads(cpus: number, memoryBytes: number): number {
  return memoryBytes <= 1.5 * gibibyte ? 1 : Math.min(4, Math.max(1, cpus));
}
