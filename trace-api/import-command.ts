import { Command } from 'commander';
import { importLog } from './import-log.ts';

/**
 * `trace-api import FILE`: gives an exported log to a trace API that is running.
 * @param argv as `process.argv`, `import` at its third place
 * @returns the exit code: 1 where the file was torn, after what is whole was imported
 * @throws ImportError
 */
export async function runImport(argv: readonly string[], print: (text: string) => void): Promise<number> {
  const command = new Command('trace-api import')
    .description('Import a log that a gateway exported, through the door that gateways upload through.')
    .argument('<file>', 'what `gateway-agent export` wrote')
    .option(
      '--url <url>',
      'the trace API [TRACE_URL]',
      process.env['TRACE_URL'] || `http://127.0.0.1:${process.env['PORT'] || 8080}`,
    )
    .parse([...argv.slice(0, 2), ...argv.slice(3)]);
  const file = command.args[0]!;
  const { url } = command.opts<{ url: string }>();
  let saidAt = performance.now();
  const { origin, size, added, torn } = await importLog(file, {
    url,
    onProgress(now) {
      if (performance.now() - saidAt < sayEveryMs) return;
      saidAt = performance.now();
      print(`${now} entries\n`);
    },
  });
  print(`${origin}: ${added} entries added, the trace API holds ${size}\n`);
  if (torn === undefined) return 0;
  print(
    `${file} is torn at byte ${torn.atByte} (${torn.why}): it is whole to entry ${torn.wholeTo}; export the rest again with ` +
      `--from ${torn.wholeTo}, or continue the file at its gateway\n`,
  );
  return 1;
}

const sayEveryMs = 2_000;
