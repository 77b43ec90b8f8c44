import { openDatabase } from '@tianyuan/platform';
import { Command } from 'commander';
import { ConfigError } from './config.ts';
import { migrations } from './open-trace-api.ts';
import { rebuild } from './records/rebuild.ts';

const sayEveryMs = 1_000;

/**
 * `trace-api rebuild`: empties every projection of the platform's log and replays it.
 * @param argv as `process.argv`, `rebuild` at its third place
 * @throws PlatformError, ConfigError
 */
export async function runRebuild(argv: readonly string[], print: (text: string) => void): Promise<void> {
  const { env } = process;
  const command = new Command('trace-api rebuild')
    .description(
      "Empty what was made of the platform's log, and make it again of the log and the mirrored messages that it took up, in one " +
        'transaction: readers see the old answers until the new ones are whole. On the embedded database, stop the service first.',
    )
    .option('--database-url <url>', 'a PostgreSQL server [DATABASE_URL]', env['DATABASE_URL'] || undefined)
    .option(
      '--data-dir <directory>',
      'the embedded database [DATA_DIR]',
      env['DATA_DIR'] || '.tianyuan/trace-api',
    )
    .option(
      '--platform-origin <origin>',
      "name of the platform's own log [PLATFORM_ORIGIN]",
      env['PLATFORM_ORIGIN'] || undefined,
    )
    .parse([...argv.slice(0, 2), ...argv.slice(3)]);
  const {
    databaseUrl: url,
    dataDir: dir,
    platformOrigin: origin,
  } = command.opts<{ databaseUrl?: string; dataDir: string; platformOrigin?: string }>();
  if (origin === undefined)
    throw new ConfigError("name the platform's log: --platform-origin or PLATFORM_ORIGIN");
  const database = await openDatabase({ url, dir, migrations });
  try {
    const startedAt = performance.now();
    let saidAt = startedAt;
    let entries = 0;
    await rebuild(database, origin, (done, size) => {
      entries = size;
      if (performance.now() - saidAt < sayEveryMs) return;
      saidAt = performance.now();
      print(`${done} of ${size} entries\n`);
    });
    print(
      `${entries} entries of ${origin} replayed in ${((performance.now() - startedAt) / 1000).toFixed(1)} s\n`,
    );
  } finally {
    await database.close();
  }
}
