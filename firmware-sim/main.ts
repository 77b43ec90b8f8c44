import { Command } from 'commander';
import { claimCommand } from './commands/claim.ts';
import { enrolCommand } from './commands/enrol.ts';
import { replayCommand } from './commands/replay.ts';
import { runCommand } from './commands/run.ts';
import { signCommand } from './commands/sign.ts';
import { tokenCommand } from './commands/token.ts';
import { SimulatorError } from './simulator-error.ts';

const run = runCommand();
const program = new Command('sim')
  .description('Tianyuan device simulator: devices that sign what they measure')
  .addCommand(run, { isDefault: true })
  .addCommand(enrolCommand())
  .addCommand(claimCommand())
  .addCommand(replayCommand())
  .addCommand(signCommand())
  .addCommand(tokenCommand())
  .addHelpText('after', () => `\nWithout a command:\n\n${run.helpInformation()}`);

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof SimulatorError)) throw error;
  process.stderr.write(`error: ${error.message}\n`);
  process.exitCode = error.code === 'USAGE' ? 2 : 1;
}
