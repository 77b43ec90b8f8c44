/** One measured figure beside its baseline of the same run. `met` is null where there is no target. */
export type BenchRow = {
  bench: string;
  size: string;
  figure: number;
  unit: string;
  baseline: number;
  /** figure ÷ baseline, in the sense of the target */
  ratio: number;
  target: string;
  met: boolean | null;
};

/** A benchmark yields its rows as it measures them, and throws where its own output is wrong. */
export type Bench = { name: string; about: string; run: () => AsyncGenerator<BenchRow> };

export function row(
  measured: Omit<BenchRow, 'ratio' | 'met'>,
  isMet: (ratio: number, figure: number) => boolean,
): BenchRow {
  const ratio = measured.figure / measured.baseline;
  return { ...measured, ratio, met: isMet(ratio, measured.figure) };
}

/** Throws where a benchmark did not do the work that it claims to measure. */
export function must(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Error(`the benchmark's own output is wrong: ${what}`);
}

/** The q-th quantile of a list, 0 to 1; sorts in place. */
export function quantile(values: number[], q: number): number {
  values.sort((a, b) => a - b);
  return values[Math.min(values.length - 1, Math.floor(values.length * q))]!;
}

export function seconds(start: bigint): number {
  return Number(process.hrtime.bigint() - start) / 1e9;
}
