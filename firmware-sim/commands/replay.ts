import { Command } from 'commander';
import { createLog } from '../log.ts';
import { type ReplayOptions, replay } from '../replay.ts';
import { stateOption } from './options.ts';

const help = `
A line of the file is JSON: {"time":1790000000000,"type":"temperature","value":4250}, with "sensor" and "batch" where there
are such. Times are Unix ms, values integers in the unit that \`sim sign --help\` lists.
`;

export function replayCommand(): Command {
  return new Command('replay')
    .description('have a device sign and send what a data logger recorded')
    .addOption(stateOption())
    .requiredOption('--device <id>', 'who signs')
    .requiredOption('--file <file>', 'the readings, one JSON object a line')
    .option('--broker <url>', 'the gateway or another MQTT broker', 'mqtt://127.0.0.1:1883')
    .option('--gateway <id>', "the gateway's id", 'gw-1')
    .addHelpText('after', help)
    .action(async (options: ReplayOptions) => {
      const log = createLog({ json: !process.stdout.isTTY, verbose: false });
      const stop = new AbortController();
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
      const acknowledged = await replay(options, { log, signal: stop.signal });
      log.info({ device: options.device, acknowledged }, 'replayed');
    });
}
