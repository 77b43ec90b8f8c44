import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { ChainError } from '../chain-error.ts';
import { parseConsortium } from '../network/besu/consortium.ts';
import { identityOf, newNodeKey } from '../network/besu/node-key.ts';
import { besuVersion } from '../network/besu/service-files.ts';
import { writeNetwork } from '../network/besu/write-network.ts';

/** `chain network key` and `chain network besu`. */
export function addNetworkCommands(program: Command, say: (line: string) => void): void {
  const network = program
    .command('network')
    .description('make the files of a network of several organisations');

  network
    .command('key')
    .description("make a node's key, which stays with its organisation; says what the others need of it")
    .requiredOption('--out <directory>', 'a new directory for the key')
    .action(async ({ out }: { out: string }) => {
      await refuseToMake(out);
      const key = newNodeKey();
      await writeFile(join(out, 'key'), key, { mode: 0o600 });
      say(JSON.stringify(identityOf(key), null, 2));
    });

  network
    .command('besu')
    .description(
      `genesis, configuration, allowlists, compose file and systemd unit of a Besu QBFT network, for Besu ${besuVersion}`,
    )
    .argument(
      '<file>',
      'JSON: {"chainId": 20260, "validators": [{"name", "host", "publicKey"?}, … four or more], "members": […], "accounts": […]}',
    )
    .requiredOption('--out <directory>', 'a new directory for all of it')
    .option('--genesis <file>', 'of a network that exists, for nodes that join it later')
    .action(async (file: string, { out, genesis }: { out: string; genesis?: string }) => {
      const consortium = parseConsortium(await readText(file), file);
      const nodes = await writeNetwork(
        out,
        consortium,
        genesis === undefined ? undefined : await readText(genesis),
      );
      for (const { name, role, address, madeKey } of nodes) {
        say(
          `${role} ${name} ${address}${madeKey ? '  key made here: hand its folder over and keep no copy' : ''}`,
        );
      }
      say(`genesis and ${nodes.length} folder(s) in ${out}; how to go on: docs/besu.md`);
    });
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new ChainError('REFUSED', `${file} can't be read: name another file`, { cause });
  }
}

async function refuseToMake(directory: string): Promise<void> {
  try {
    await mkdir(directory, { mode: 0o700 });
  } catch (cause) {
    throw new ChainError(
      'REFUSED',
      `${directory} can't be made anew: name one that is not there, keys are never replaced`,
      {
        cause,
      },
    );
  }
}
