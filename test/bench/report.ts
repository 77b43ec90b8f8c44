import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, release, totalmem, type } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { BenchRow } from './bench-row.ts';

const file = fileURLToPath(new URL('../../docs/performance.md', import.meta.url));

/** What is written by hand begins with its first heading of the second level, and stays. */
const byHand = '\n## ';

/** Writes what was measured to docs/performance.md; rows of benches that did not run stay as they were. */
export function writeReport(rows: readonly BenchRow[], { replaceAll }: { replaceAll: boolean }): void {
  const before = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const ran = new Set(rows.map(({ bench }) => `| ${bench} |`));
  const kept = replaceAll
    ? []
    : tableLines(before).filter((line) => ![...ran].some((name) => line.startsWith(name)));
  const lines = [...kept, ...rows.map(formatLine)].toSorted((a, b) => benchOf(a).localeCompare(benchOf(b)));
  const at = before.indexOf(byHand);
  const rest = at === -1 ? '' : before.slice(at);
  writeFileSync(file, `${head()}\n${lines.join('\n')}\n${rest}`);
}

function head(): string {
  const [cpu] = cpus();
  const machine = `${cpus().length} x ${cpu?.model.trim() ?? 'unknown CPU'}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${type()} ${release()}, Node ${process.version}`;
  return `# Performance

Written by \`npm run bench\` (all rows) and \`npm run bench -- ROW\` (one). Every figure stands beside a baseline of the same
run, since machines differ and drift; the ratio is what is aimed at. Nothing here is a timed test.

Last written on: ${machine}.

| bench | size | figure | unit | baseline | ratio | target | met |
|---|---|---:|---|---:|---:|---|---|`;
}

function formatLine({ bench, size, figure, unit, baseline, ratio, target, met }: BenchRow): string {
  const verdict = met === null ? '' : met ? 'yes' : 'no';
  return `| ${bench} | ${size} | ${show(figure)} | ${unit} | ${show(baseline)} | ${ratio.toFixed(2)} | ${target} | ${verdict} |`;
}

function show(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(3);
}

function tableLines(text: string): string[] {
  return text.split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('| bench |'));
}

function benchOf(line: string): string {
  return line.split('|')[1]!;
}
