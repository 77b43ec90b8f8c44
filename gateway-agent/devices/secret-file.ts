import { closeSync, fsyncSync, linkSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { GatewayError } from '../gateway-error.ts';

/**
 * A file that is readable by its owner only, and whole or not there after a power cut. Never replaces one that is there.
 * @throws the file system's error, EEXIST among them
 */
export function createSecretFile(file: string, text: string): void {
  const draft = `${file}.new`;
  rmSync(draft, { force: true });
  const descriptor = openSync(draft, 'wx', 0o600);
  writeSync(descriptor, text);
  fsyncSync(descriptor);
  closeSync(descriptor);
  linkSync(draft, file);
  rmSync(draft);
  const directory = openSync(dirname(file), 'r');
  fsyncSync(directory);
  closeSync(directory);
}

/**
 * Undefined where there is none.
 * @throws GatewayError KEY_FILE for one that others can read
 */
export function readSecretFile(file: string): string | undefined {
  try {
    if ((statSync(file).mode & 0o077) !== 0) {
      throw new GatewayError(
        'KEY_FILE',
        `${file} can be read by others than its owner: chmod 600 it, and think about who has seen it`,
      );
    }
    return readFileSync(file, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    if (cause instanceof GatewayError) throw cause;
    throw new GatewayError('KEY_FILE', `${file} cannot be read: ${(cause as Error).message}`, { cause });
  }
}
