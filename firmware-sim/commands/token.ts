import { Command } from 'commander';
import { knownDevice } from '../sign-by-hand.ts';
import { openState } from '../state/state-database.ts';
import { stateOption } from './options.ts';

export function tokenCommand(): Command {
  return new Command('token')
    .description("print a device's MQTT password, without a newline")
    .addOption(stateOption())
    .requiredOption('--device <id>', 'whose')
    .action(({ state: directory, device }: { state: string; device: string }) => {
      const state = openState(directory);
      try {
        process.stdout.write(knownDevice(state, device).token);
      } finally {
        state.close();
      }
    });
}
