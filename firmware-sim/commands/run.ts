import { Command, Option } from 'commander';
import { faultNames } from '../faults/fault.ts';
import { createLog } from '../log.ts';
import { replaceFile } from '../replace-file.ts';
import { runOptionsSchema } from '../run-options.ts';
import { simulate } from '../simulate.ts';
import { SimulatorError } from '../simulator-error.ts';
import { complaints } from './complaints.ts';
import { devicesOption, profileOption, stateOption, timeArgument } from './options.ts';

const examples = `
Examples:
  $ npm run sim -- --devices 20 --rate 5
  $ npm run sim -- --devices 12 --messages 1000 --faults all --fault-rate 0.1 --summary summary.json
  $ npm run sim -- --profile cose                                            messages in COSE, a third of the bytes
  $ npm run sim -- --profile truck --devices 1 --start -24h --speed 2880     a day in half a minute
`;

export function runCommand(): Command {
  return new Command('run')
    .description('let devices measure, sign and publish, well or badly behaved (the default)')
    .option('--broker <url>', 'the gateway or another MQTT broker', 'mqtt://127.0.0.1:1883')
    .option('--gateway <id>', "the gateway's id, a segment of the topics ty/v1/<id>/<device>/up", 'gw-1')
    .addOption(stateOption())
    .addOption(devicesOption())
    .addOption(profileOption())
    .option('--rate <n>', 'messages a second and device; may be a fraction', '1')
    .option('--messages <n>', 'stop when so many good messages were acknowledged in all')
    .option('--batch <id>', 'the batch that the devices are bound to')
    .option('--readings <n>', 'readings a message, 1 to 64 (default: each channel of a device once)')
    .option('--faults <list>', `how devices misbehave: all, or some of ${faultNames.join(',')}`, '')
    .option('--fault-rate <share>', 'share of the messages that misbehave, 0 to 1', '0.05')
    .option('--seed <text>', 'weather, routes and faults follow from it; keys do not', 'tianyuan')
    .option(
      '--speed <factor>',
      "how much faster than the wall's the devices' clocks run until they catch up",
      '1',
    )
    .addOption(
      new Option(
        '--start <time>',
        "where the devices' clocks start: Unix ms, ISO 8601, or -24h (default: now; a day ago where --speed is above 1)",
      ).argParser(timeArgument),
    )
    .option(
      '--store <n>',
      'messages that a device keeps while it has no link; then the oldest are overwritten',
      '10000',
    )
    .option('--summary <file>', 'write what was sent and acknowledged as JSON at the end')
    .option('--json', 'JSON lines on a terminal too')
    .option('--verbose', "also log each message's number once it is on disk")
    .addHelpText('after', examples)
    .action(run);
}

async function run(flags: Record<string, unknown>): Promise<void> {
  const parsed = runOptionsSchema.safeParse(flags);
  if (!parsed.success) throw new SimulatorError('USAGE', complaints(parsed.error));
  const options = parsed.data;
  const log = createLog({
    json: flags['json'] === true || !process.stdout.isTTY,
    verbose: flags['verbose'] === true,
  });
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) onSignal(signal, stop);

  const summary = await simulate(options, { log, signal: stop.signal });
  if (options.summary !== undefined)
    replaceFile(options.summary, `${JSON.stringify(summary, null, 2)}\n`, 0o644);
  const { sent, acknowledged, good, waiting, overwritten } = summary;
  const faults = Object.fromEntries(
    Object.entries(summary.faults).map(([name, count]) => [name, count.sent]),
  );
  log.info({ sent, acknowledged, good: good.acknowledged, faults, waiting, overwritten }, 'stopped');
}

/** The first asks to stop; the same once more does not wait. A launcher may pass on what a terminal sent to us as well. */
function onSignal(signal: 'SIGINT' | 'SIGTERM', stop: AbortController): void {
  process.once(signal, () => {
    stop.abort();
    process.once(signal, () => process.exit(signal === 'SIGINT' ? 130 : 143));
  });
}
