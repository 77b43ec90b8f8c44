import { existsSync, statSync } from 'node:fs';
import { openDatabase } from '@tianyuan/platform';
import { Command } from 'commander';
import { migrations } from '../open-trace-api.ts';
import { createPlatformKey, readPlatformSeed } from '../records/platform-key.ts';
import { BackupError } from './backup-error.ts';
import { backUp } from './back-up.ts';
import { backupFile } from './backup-loop.ts';
import { type Secrets, readLock, readUnlock, shortestPassphrase } from './read-lock.ts';
import { restore, seedOf } from './restore.ts';

type Where = { databaseUrl?: string; dataDir: string; platformOrigin?: string; platformKeyFile?: string };

/**
 * `trace-api backup` and `trace-api restore`.
 * @param argv as `process.argv`, the command at its third place
 * @throws BackupError, PlatformError, ConfigError
 */
export async function runBackup(argv: readonly string[], print: (text: string) => void): Promise<void> {
  const program = new Command('trace-api');
  addWhere(program.command('backup'))
    .description(
      'Copy the whole database, at one moment, and the key of the platform’s log into one encrypted file (age-encryption.org). ' +
        'A service on PostgreSQL goes on meanwhile; one on the embedded database makes its own, see BACKUP_DIR.',
    )
    .requiredOption('--to <file>', 'the file, or a directory for a file named by the time')
    .option('--passphrase-file <file>', `file with the passphrase, at least ${shortestPassphrase} characters`)
    .option(
      '--recipient <age1…>',
      'public key of age, in place of a passphrase: the key that opens it is elsewhere',
    )
    .action((options: Where & Secrets & { to: string }) => runBackUp(options, print));
  addWhere(program.command('restore'))
    .description(
      'Fill an empty database from a backup, and write the key file. Nothing is signed afterwards before the chain and the ' +
        'witnesses have shown that nothing was signed after the backup.',
    )
    .requiredOption('--from <file>', 'what `backup` wrote')
    .option('--passphrase-file <file>', 'file with the passphrase')
    .option('--identity-file <file>', 'file with the age identity (AGE-SECRET-KEY-1…) of the recipient')
    .action((options: Where & Secrets & { from: string }) => runRestore(options, print));
  await program.parseAsync([...argv]);
}

function addWhere(command: Command): Command {
  const { env } = process;
  return command
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
    .option(
      '--platform-key-file <file>',
      'its key [PLATFORM_KEY_FILE]',
      env['PLATFORM_KEY_FILE'] || undefined,
    );
}

async function runBackUp(
  {
    to,
    databaseUrl: url,
    dataDir: dir,
    platformOrigin,
    platformKeyFile,
    ...secrets
  }: Where & Secrets & { to: string },
  print: (text: string) => void,
): Promise<void> {
  const lock = readLock(secrets);
  if ((platformOrigin === undefined) !== (platformKeyFile === undefined))
    throw new BackupError("the platform's log and its key file are named together");
  const platform =
    platformKeyFile === undefined ? undefined : readPlatformSeed(platformOrigin!, platformKeyFile);
  const now = Date.now();
  const file = existsSync(to) && statSync(to).isDirectory() ? backupFile(to, now) : to;
  const database = await openDatabase({ url, dir, migrations });
  try {
    const { rows, platformSize } = await backUp(database, file, { lock, platform, now });
    const log =
      platformSize === undefined ? '' : `, ${platformOrigin} with ${platformSize} entries and its key`;
    print(`${file}: ${rows} rows${log}\n`);
  } finally {
    await database.close();
  }
}

async function runRestore(
  { from, databaseUrl: url, dataDir: dir, platformKeyFile, ...secrets }: Where & Secrets & { from: string },
  print: (text: string) => void,
): Promise<void> {
  const unlock = readUnlock(secrets);
  if (platformKeyFile !== undefined && existsSync(platformKeyFile))
    throw new BackupError(`${platformKeyFile} is there already: a log's key is never replaced`);
  const database = await openDatabase({ url, dir, migrations });
  try {
    const startedAt = performance.now();
    const { header, rows } = await restore(database, from, {
      unlock,
      now: Date.now(),
      onProgress: (done) => print(`${done} rows\n`),
    });
    const seed = seedOf(header);
    if (seed !== undefined && platformKeyFile !== undefined) createPlatformKey(platformKeyFile, seed);
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    print(`${rows} rows, as they were at ${new Date(header.madeAt).toISOString()}, in ${seconds} s\n`);
    if (header.platform === undefined) return;
    const { origin, size } = header.platform;
    const key = platformKeyFile === undefined ? ' Its key was not written: name --platform-key-file.' : '';
    print(
      `${origin} with ${size} entries: the service takes no records before the chain and the witnesses have shown that nothing was ` +
        `signed after that.${key}\n`,
    );
  } finally {
    await database.close();
  }
}
