import { readDeployment } from '@tianyuan/chain';
import { type Command, InvalidArgumentError } from 'commander';
import { loadConfig } from '../config.ts';
import { exportLog } from '../deliver/export-log.ts';
import { GatewayError } from '../gateway-error.ts';
import { openStoredLog } from '../log/stored-log.ts';
import { succeed } from '../log/succeed.ts';

/** `gateway-agent export` and `succeed`: ways out for a log without a link, and for one whose gateway is lost. */
export function addDeliverCommands(program: Command): void {
  program
    .command('export <file>')
    .description(
      'Write the log, signed, to a file for a trace API that no link reaches (`npm run trace -- import FILE` there). A file ' +
        'that was begun is continued.',
    )
    .requiredOption('--data-dir <dir>', 'the data directory of the gateway, running or not')
    .option('--from <index>', 'first entry of a new file (default 0)', parseIndex)
    .action(async (file: string, { dataDir, from }: { dataDir: string; from?: number }) => {
      const stored = await openStoredLog(dataDir);
      try {
        const done = await exportLog(stored, file, { from, onProgress: newProgressLine() });
        process.stdout.write(
          `${file}: entries ${done.from} to ${done.size - 1} of ${stored.origin}, ${done.bytes} bytes` +
            `${done.isContinued ? ', continued' : ''}\n`,
        );
        if (done.left > 0) {
          process.stdout.write(
            `the file is as large as a stick takes; ${done.left} entries are left: export --from ${done.size} to another file\n`,
          );
        }
      } finally {
        stored.close();
      }
    });

  program
    .command('succeed')
    .description(
      "Begin this gateway's log as the successor of one that was closed (`chain close-log`), before it runs for the first time.",
    )
    .requiredOption('--predecessor <origin>', 'the log that was closed')
    .option(
      '--from <dir>',
      'the data directory of a closed log that was held after a salvage: its devices, and its messages that were not anchored, come along',
    )
    .option('--config <file>', 'the settings of this gateway', process.env.TIANYUAN_GATEWAY_CONFIG)
    .action(async (options: { predecessor: string; from?: string; config?: string }) => {
      const { predecessor, from, config: file } = options;
      const { dataDir, origin, chain } = loadConfig(file, process.env, {});
      if (chain === undefined) {
        throw new GatewayError('CONFIG', 'only the chain knows the last head of a closed log: set `chain`');
      }
      const { size, root, carriedOver } = await succeed({
        dataDir,
        origin,
        predecessor,
        from,
        rpcUrl: chain.rpcUrl,
        deployment: await readDeployment(chain.deployment),
      });
      process.stdout.write(
        `the log of ${origin} begins as the successor of ${predecessor}, whose last head is ${size} entries with root ${root}\n`,
      );
      if (from !== undefined)
        process.stdout.write(`${carriedOver} messages of ${from} are logged again behind that\n`);
    });
}

/** One line on a terminal, over and over; a line now and then elsewhere. */
function newProgressLine(): (size: number, end: number) => void {
  const { isTTY } = process.stderr;
  let saidPercent = -10;
  return (size, end) => {
    const percent = Math.floor((size / end) * 100);
    if (percent < saidPercent + (isTTY ? 1 : 10)) return;
    saidPercent = percent;
    process.stderr.write(isTTY ? `\r${percent} %${percent === 100 ? '\n' : ''}` : `${percent} %\n`);
  };
}

function parseIndex(text: string): number {
  if (/^[0-9]{1,15}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('an index in the log is wanted, from 0');
}
