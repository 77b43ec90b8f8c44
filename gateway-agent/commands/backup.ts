import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { GatewayError } from '../gateway-error.ts';
import { type Lock, type Unlock, backUp, restore } from '../keep/backup.ts';

type Secrets = { passphraseFile?: string; recipient?: string; identityFile?: string };

/** Short ones are guessed: scrypt makes each guess dear, not impossible. */
const shortestPassphrase = 12;

/** `gateway-agent backup` and `restore`. */
export function addBackupCommands(program: Command): void {
  program
    .command('backup <file>')
    .description(
      'Copy the store and the key of a gateway, running or not, into one encrypted file (age-encryption.org).',
    )
    .requiredOption('--data-dir <dir>', 'the data directory of the gateway')
    .option('--passphrase-file <file>', `file with the passphrase, at least ${shortestPassphrase} characters`)
    .option(
      '--recipient <age1…>',
      'public key of age, in place of a passphrase: the key that opens it is elsewhere',
    )
    .action(async (file: string, { dataDir, ...secrets }: Secrets & { dataDir: string }) => {
      const { origin, size } = await backUp(dataDir, file, lockOf(secrets), Date.now());
      process.stdout.write(`${file}: ${origin} with ${size} entries and its key\n`);
    });

  program
    .command('restore <file>')
    .description(
      'Make a gateway from a backup, in an empty directory. It signs nothing before the trace API and the chain have shown ' +
        'that nothing was signed after the backup.',
    )
    .requiredOption('--data-dir <dir>', 'an empty directory')
    .option('--passphrase-file <file>', 'file with the passphrase')
    .option('--identity-file <file>', 'file with the age identity (AGE-SECRET-KEY-1…) of the recipient')
    .action(async (file: string, { dataDir, ...secrets }: Secrets & { dataDir: string }) => {
      const { origin, size, madeAt } = await restore(file, dataDir, unlockOf(secrets));
      process.stdout.write(
        `${dataDir}: ${origin} with ${size} entries, as it was at ${new Date(madeAt).toISOString()}\n`,
      );
    });
}

function lockOf({ passphraseFile, recipient }: Secrets): Lock {
  if ((passphraseFile === undefined) === (recipient === undefined))
    throw new GatewayError('BACKUP', 'give either --passphrase-file or --recipient');
  if (recipient !== undefined) return { recipient };
  const passphrase = readSecret(passphraseFile!);
  if (passphrase.length >= shortestPassphrase) return { passphrase };
  throw new GatewayError(
    'BACKUP',
    `the passphrase has fewer than ${shortestPassphrase} characters: take a longer one`,
  );
}

function unlockOf({ passphraseFile, identityFile }: Secrets): Unlock {
  if ((passphraseFile === undefined) === (identityFile === undefined))
    throw new GatewayError('BACKUP', 'give either --passphrase-file or --identity-file');
  if (passphraseFile !== undefined) return { passphrase: readSecret(passphraseFile) };
  // age-keygen writes comments before it.
  const identity = readSecret(identityFile!)
    .split('\n')
    .find((line) => line.startsWith('AGE-SECRET-KEY-'));
  if (identity !== undefined) return { identity: identity.trim() };
  throw new GatewayError(
    'BACKUP',
    `${identityFile} holds no age identity: a line that begins with AGE-SECRET-KEY-1`,
  );
}

function readSecret(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (cause) {
    throw new GatewayError('BACKUP', `${file} cannot be read`, { cause });
  }
}
