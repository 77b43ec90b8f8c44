import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { replaceFile } from '../replace-file.ts';

const fileIn = (directory: string): string => join(directory, 'authority.crt');

/** Keeps the authority that the devices of a state directory believe over TLS, PEM. */
export function keepAuthority(directory: string, authority: string): void {
  replaceFile(fileIn(directory), authority, 0o644);
}

/** Undefined where the devices never claimed their place over TLS. */
export function readAuthority(directory: string): string | undefined {
  const file = fileIn(directory);
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}
