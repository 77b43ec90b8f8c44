import { Command } from 'commander';
import { loadNativeCrypto } from '@tianyuan/gateway-agent/log/native-crypto.ts';
import { provideSha256 } from '@tianyuan/protocol';
import type { Bench, BenchRow } from './bench-row.ts';
import { catchUp } from './catch-up.ts';
import { gas } from './gas.ts';
import { ingest, ingestPacks } from './ingest.ts';
import { ingestMemory } from './ingest-memory.ts';
import { keep } from './keep.ts';
import { log } from './log.ts';
import { mirror } from './mirror.ts';
import { writeReport } from './report.ts';
import { verify } from './verify.ts';

const benches: Bench[] = [ingest, ingestPacks, ingestMemory, keep, log, catchUp, mirror, gas, verify];

provideSha256((await loadNativeCrypto()).sha256);

const program = new Command('bench')
  .description(
    'Measures, each figure beside a baseline of the same run. Without a name, all rows; they go to docs/performance.md.',
  )
  .argument('[row]', benches.map(({ name, about }) => `${name}: ${about}`).join('\n'))
  .option('--json', 'one JSON object a line on standard output')
  .action(async (name: string | undefined, options: { json?: boolean }) => {
    const chosen = benches.filter((bench) => name === undefined || bench.name === name);
    if (chosen.length === 0)
      program.error(`no such row: ${name}; there are ${benches.map((bench) => bench.name).join(', ')}`);
    const rows: BenchRow[] = [];
    for (const bench of chosen) {
      for await (const measured of bench.run()) {
        rows.push(measured);
        process.stdout.write(`${options.json ? JSON.stringify(measured) : formatRow(measured)}\n`);
      }
    }
    writeReport(rows, { replaceAll: name === undefined });
  });

function formatRow({ bench, size, figure, unit, baseline, ratio, target, met }: BenchRow): string {
  const verdict = met === null ? '' : met ? 'met' : 'NOT MET';
  return `${bench.padEnd(13)} ${size.padEnd(38)} ${show(figure).padStart(10)} ${unit.padEnd(11)} baseline ${show(baseline).padStart(10)}  ratio ${ratio.toFixed(2).padStart(6)}  ${target}  ${verdict}`;
}

function show(value: number): string {
  return value >= 1000 ? Math.round(value).toLocaleString('en') : value.toPrecision(3);
}

await program.parseAsync();
