import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import { GatewayError } from '../gateway-error.ts';
import { openBeside } from '../keep/open-beside.ts';
import { maxPasswordLength, minPasswordLength, setPassword } from '../page/password.ts';

/** `password`: sets the password of the status page, by whoever may write to the data directory. */
export function addPasswordCommand(program: Command): void {
  program
    .command('password')
    .description(
      'Set the password of the status page, read from the terminal or from standard input. Ends all sessions.',
    )
    .requiredOption('--data-dir <dir>', 'the data directory of the gateway')
    .action(async ({ dataDir }: { dataDir: string }) => {
      const password = await readPassword();
      if (password.length < minPasswordLength || password.length > maxPasswordLength)
        throw new GatewayError(
          'CONFIG',
          `a password has ${minPasswordLength} to ${maxPasswordLength} characters, this one has ${password.length}`,
        );
      const store = openBeside(dataDir);
      try {
        await setPassword(store, password);
      } finally {
        store.close();
      }
      process.stdout.write('the password is set\n');
    });
}

/** One line. A terminal shows what is typed: it is the owner's own, and nobody mistypes what they see. */
async function readPassword(): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stderr, terminal: false });
  if (process.stdin.isTTY) process.stderr.write('new password: ');
  for await (const line of lines) return line;
  return '';
}
