import { ProtocolError, parseProvisioning } from '@tianyuan/protocol';
import { Command, Option } from 'commander';
import { type Way, claimDevice } from '../claim/claim-device.ts';
import { SimulatorError } from '../simulator-error.ts';
import { openState } from '../state/state-database.ts';
import { stateOption } from './options.ts';

type Flags = { state: string; over?: Way; wait: string };

export function claimCommand(): Command {
  return new Command('claim')
    .description(
      'be a new device: take the string of "gateway-agent devices add", show a key of its own, wait for the owner',
    )
    .argument('<string>', 'the provisioning string, tianyuan:claim/v1?…')
    .addOption(stateOption())
    .addOption(
      new Option(
        '--over <way>',
        'how to reach the gateway (default: the first of these that it offers)',
      ).choices(['mqtts', 'http', 'mqtt']),
    )
    .option('--wait <seconds>', 'how long to wait for the owner', '600')
    .action(claim);
}

async function claim(line: string, { state: directory, over, wait }: Flags): Promise<void> {
  if (!/^[0-9]{1,6}$/.test(wait))
    throw new SimulatorError('USAGE', `--wait is in whole seconds, not ${wait}`);
  let provisioning;
  try {
    provisioning = parseProvisioning(line);
  } catch (cause) {
    if (!(cause instanceof ProtocolError)) throw cause;
    throw new SimulatorError('USAGE', cause.message, { cause });
  }
  const state = openState(directory);
  try {
    const key = await claimDevice(state, directory, provisioning, {
      way: over,
      signal: AbortSignal.timeout(Number(wait) * 1000),
      tell: (text) => void process.stdout.write(`${text}\n`),
    });
    process.stdout.write(`${provisioning.device} is enrolled with key ${key}\n`);
  } finally {
    state.close();
  }
}
