import type { Command } from 'commander';
import { addBackupCommands } from './backup.ts';
import { addCalibrationCommands } from './calibrations.ts';
import { addDeliverCommands } from './deliver.ts';
import { devicesCommand } from './devices/devices.ts';
import { addKeyCommand } from './key.ts';
import { addOperatorCommand } from './operator.ts';
import { addPasswordCommand } from './password.ts';
import { addWarmUpCommand } from './warm-up.ts';

/** All that is run beside an agent, or before it. */
export function addCommands(program: Command): void {
  addKeyCommand(program);
  program.addCommand(devicesCommand());
  addBackupCommands(program);
  addDeliverCommands(program);
  addCalibrationCommands(program);
  addPasswordCommand(program);
  addOperatorCommand(program);
  addWarmUpCommand(program);
}
