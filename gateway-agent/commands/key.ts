import { encodeBase64 } from '@tianyuan/protocol';
import type { Command } from 'commander';
import { openBeside } from '../keep/open-beside.ts';
import { loadGatewayKey } from '../log/gateway-key.ts';

/** `key`: the public key of the log. */
export function addKeyCommand(program: Command): void {
  program
    .command('key')
    .description(
      "Print the public key of the gateway's log, base64: what the registry on the chain enrols. Makes it if there is none.",
    )
    .requiredOption('--data-dir <dir>', 'the data directory of the gateway')
    .action(({ dataDir }: { dataDir: string }) => {
      const store = openBeside(dataDir);
      process.stdout.write(`${encodeBase64(loadGatewayKey(dataDir, store).publicKey)}\n`);
      store.close();
    });
}
