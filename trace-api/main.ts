import { PlatformError, newLogger } from '@tianyuan/platform';
import { BackupError } from './backup/backup-error.ts';
import { ConfigError, loadConfig } from './config.ts';
import { ImportError } from './import-log.ts';

const stopGraceMs = 10_000;

const print = (text: string): void => void process.stdout.write(text);

try {
  process.exitCode = await command(process.argv[2] ?? '');
} catch (error) {
  if (!(
    error instanceof PlatformError ||
    error instanceof ConfigError ||
    error instanceof ImportError ||
    error instanceof BackupError
  ))
    throw error;
  process.stderr.write(`trace-api: ${error.message}\n`);
  process.exitCode = 1;
}

/**
 * Each loads what it needs and no more: `key` runs at every start of the demonstration. Without a known one, the service.
 * @returns the exit code, where it has one
 */
async function command(name: string): Promise<number | undefined> {
  switch (name) {
    case 'import':
      return (await import('./import-command.ts')).runImport(process.argv, print);
    case 'audit':
      return (await import('./audit/audit-command.ts')).runAudit(process.argv, print);
    case 'backup':
    case 'restore':
      await (await import('./backup/backup-command.ts')).runBackup(process.argv, print);
      return undefined;
    case 'recall':
      return (await import('./status/recall-command.ts')).runRecall(process.argv, print);
    case 'rebuild':
      await (await import('./rebuild-command.ts')).runRebuild(process.argv, print);
      return undefined;
    case 'key':
      (await import('./key-command.ts')).runKey(process.argv, print);
      return undefined;
    default:
      await run();
      return undefined;
  }
}

async function run(): Promise<void> {
  const config = loadConfig(process.argv, process.env);
  const logger = newLogger(config.logLevel);
  const { openTraceApi } = await import('./open-trace-api.ts');
  const service = await openTraceApi(config, logger);
  logger.info({ url: service.url }, 'the trace API listens');

  let stopping = false;
  const stop = async (signal: string): Promise<void> => {
    if (stopping) process.exit(1); // asked twice: whoever asks does not want to wait
    stopping = true;
    logger.info({ signal }, 'stopping');
    setTimeout(() => process.exit(1), stopGraceMs).unref();
    await service.close();
  };
  process.on('SIGINT', (signal) => void stop(signal));
  process.on('SIGTERM', (signal) => void stop(signal));
}
