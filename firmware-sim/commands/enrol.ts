import { deviceIdSchema } from '@tianyuan/protocol';
import { Command } from 'commander';
import { enrol } from '../enrol.ts';
import { type FleetMember, fleet } from '../fleet.ts';
import { runOptionsSchema } from '../run-options.ts';
import { SimulatorError } from '../simulator-error.ts';
import { openState } from '../state/state-database.ts';
import { complaints } from './complaints.ts';
import { devicesOption, profileOption, stateOption } from './options.ts';

const flagsSchema = runOptionsSchema
  .pick({ state: true, devices: true, profile: true })
  .extend({ device: deviceIdSchema.optional() });

export function enrolCommand(): Command {
  return new Command('enrol')
    .description('make keys for devices and write enrolment.json for the gateway; touches no network')
    .addOption(stateOption())
    .addOption(devicesOption())
    .addOption(profileOption())
    .option(
      '--device <id>',
      'instead: one device with a name of its own, whose messages are signed by hand (sim sign)',
    )
    .addHelpText(
      'after',
      `
Devices that have keys keep them. The file in the state directory lists every device of it:
[{"device", "key", "publicKey" (base64), "token" (the MQTT password of the user named as the device)}].`,
    )
    .action((flags: unknown) => {
      const parsed = flagsSchema.safeParse(flags);
      if (!parsed.success) throw new SimulatorError('USAGE', complaints(parsed.error));
      const { state: directory, devices, profile, device } = parsed.data;
      const members: FleetMember[] =
        device === undefined ? fleet(profile.fleetKind, devices) : [{ device, kind: 'truck' }];
      const state = openState(directory);
      try {
        const { created, enrolment, file } = enrol(state, directory, members);
        process.stdout.write(`new devices: ${created.length}, in all: ${enrolment.length}, in ${file}\n`);
      } finally {
        state.close();
      }
    });
}
