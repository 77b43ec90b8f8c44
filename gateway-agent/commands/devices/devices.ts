import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { z } from 'zod';
import { GatewayError } from '../../gateway-error.ts';
import { enrolDevice, enrolmentSchema } from '../../devices/enrol-device.ts';
import { addCommand } from './add.ts';
import { certificateCommand } from './certificate.ts';
import { approveCommand, exportCommand, limitCommand, withdrawCommand } from './decide.ts';
import { listCommand } from './list.ts';
import { dataDirOption, say, withStore } from './options.ts';
import { revokeCommand } from './revoke.ts';
import { rotateCommand } from './rotate.ts';

/** `gateway-agent devices …`. Each opens the store beside the agent, which notices what changed. */
export function devicesCommand(): Command {
  return new Command('devices')
    .description('The devices that this gateway knows. A running agent notices changes.')
    .addCommand(addCommand())
    .addCommand(approveCommand())
    .addCommand(withdrawCommand())
    .addCommand(listCommand())
    .addCommand(rotateCommand())
    .addCommand(revokeCommand())
    .addCommand(certificateCommand())
    .addCommand(limitCommand())
    .addCommand(exportCommand())
    .addCommand(importCommand());
}

function importCommand(): Command {
  return new Command('import')
    .description('Enrol every device of an enrolment file: JSON list of {device, key, publicKey, token}')
    .argument('<file>')
    .addOption(dataDirOption())
    .action((file: string, { dataDir }: { dataDir: string }) =>
      withStore(dataDir, (store) => {
        const enrolments = parseEnrolments(file);
        for (const enrolment of enrolments) enrolDevice(store, enrolment, Date.now());
        say(`${enrolments.length} devices enrolled\n`);
      }),
    );
}

function parseEnrolments(file: string): z.infer<typeof enrolmentSchema>[] {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new GatewayError('DEVICE', `${file} cannot be read as JSON`, { cause });
  }
  const parsed = z.array(enrolmentSchema).safeParse(value);
  if (!parsed.success)
    throw new GatewayError('DEVICE', `${file} is no enrolment file: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}
