import { existsSync } from 'node:fs';
import { encodeBase64 } from '@tianyuan/protocol';
import { Command } from 'commander';
import { createPlatformKey, readPlatformKey } from './records/platform-key.ts';

/**
 * `trace-api key FILE`: prints the public key of the platform's log, made where there is none yet.
 * @param argv as `process.argv`, `key` at its third place
 * @throws ConfigError
 */
export function runKey(argv: readonly string[], print: (text: string) => void): void {
  const command = new Command('trace-api key')
    .description(
      "The key that signs the platform's log: makes the file where it is missing, and prints the public key in base64, " +
        'to be enrolled with `chain enrol`. Back the file up; a log whose key is lost needs a successor.',
    )
    .argument('<file>', 'the secret key, base64 of 32 bytes, mode 0600')
    .parse([...argv.slice(0, 2), ...argv.slice(3)]);
  const file = command.args[0]!;
  const publicKey = existsSync(file) ? readPlatformKey('key', file).publicKey : createPlatformKey(file);
  print(`${encodeBase64(publicKey)}\n`);
}
