import {
  dataDictionary,
  isInRange,
  type Profile,
  type QuantityName,
  quantityNames,
  type Reading,
} from '@tianyuan/protocol';
import { Command, Option } from 'commander';
import { signByHand } from '../sign-by-hand.ts';
import { SimulatorError } from '../simulator-error.ts';
import { openState } from '../state/state-database.ts';
import { stateOption, timeArgument } from './options.ts';

type Flags = {
  state: string;
  device: string;
  type: QuantityName;
  value: string;
  sensor?: string;
  batch?: string;
  time?: number;
  profile: Profile;
};

const units = quantityNames.map((name) => `  ${name.padEnd(15)}${dataDictionary[name].unit}`).join('\n');

const help = `
Types and the units of --value, integers all:
${units}

Example, 4.25 °C from a truck (npm run -s, so that npm itself prints nothing):
  $ npm run -s sim -- sign --device truck-03 --type temperature --value 4250 |
      mosquitto_pub -h 127.0.0.1 -p 1883 -q 1 -s -t ty/v1/gw-1/truck-03/up \\
        -i truck-03 -u truck-03 -P "$(npm run -s sim -- token --device truck-03)"
A broker keeps one connection per client id: a simulator that runs this device loses its own for a moment.
`;

export function signCommand(): Command {
  return new Command('sign')
    .description('print one signed message of a device, without a newline, for mosquitto_pub -s')
    .addOption(stateOption())
    .requiredOption('--device <id>', 'who signs; the number that it takes is used up')
    .addOption(new Option('--type <name>', 'what was measured').choices(quantityNames).makeOptionMandatory())
    .requiredOption('--value <integer>', 'in the scaled unit below; latitude,longitude for gps')
    .option('--sensor <name>', "which of the device's sensors")
    .option('--batch <id>', 'the batch that the device is bound to')
    .addOption(
      new Option('--profile <name>', 'how the message is written').choices(['json', 'cose']).default('json'),
    )
    .addOption(
      new Option('--time <time>', 'Unix ms, ISO 8601, or -10m (default: now)').argParser(timeArgument),
    )
    .addHelpText('after', help)
    .action(sign);
}

function sign({
  state: directory,
  device,
  type,
  value: text,
  sensor,
  batch,
  time = Date.now(),
  profile,
}: Flags): void {
  const value = parseValue(type, text);
  if (!isInRange(type, value)) {
    process.stderr.write(`warning: ${text} is no possible ${type}; a gateway takes it and flags it\n`);
  }
  const reading: Reading = { ...(sensor === undefined ? {} : { sensor }), type, value };
  const state = openState(directory);
  try {
    // Nothing but the payload: one more byte, and it is not the form that was signed.
    process.stdout.write(signByHand(state, device, { reading, timeMs: time, batch, profile }));
  } finally {
    state.close();
  }
}

function parseValue(type: QuantityName, text: string): Reading['value'] {
  const numbers = text.split(',').map((part) => (/^-?\d+$/.test(part) ? Number(part) : Number.NaN));
  const [first, second] = numbers;
  if (numbers.every(Number.isSafeInteger)) {
    if (type === 'gps' && numbers.length === 2) return [first!, second!];
    if (type !== 'gps' && numbers.length === 1) return first!;
  }
  const wanted = type === 'gps' ? 'two integers, latitude,longitude' : 'an integer';
  throw new SimulatorError(
    'USAGE',
    `--value: ${type} is ${wanted} in ${dataDictionary[type].unit}, not ${text}`,
  );
}
