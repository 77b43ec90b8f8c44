import type { Command } from 'commander';
import { openBeside } from '../keep/open-beside.ts';
import { renewOperatorToken } from '../receive/operator.ts';

/** `operator`: the credential of whoever listens for alarms over MQTT. */
export function addOperatorCommand(program: Command): void {
  program
    .command('operator')
    .description(
      'Print a new MQTT token for listening to alarms: user name operator, client id operator:NAME, topic ty/v1/GATEWAY/alarm. The token before it ends.',
    )
    .requiredOption('--data-dir <dir>', 'the data directory of the gateway')
    .action(({ dataDir }: { dataDir: string }) => {
      const store = openBeside(dataDir);
      try {
        process.stdout.write(`${renewOperatorToken(store)}\n`);
      } finally {
        store.close();
      }
    });
}
