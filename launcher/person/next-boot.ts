import { closeSync, fsyncSync, mkdirSync, openSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The boot of one run of a command under a key file; it signs its messages as 1, 2, 3 of that boot. Never one that was taken
 * before: it is at least the present second, so that a copy of the file, or one restored from a backup, does not begin where
 * the other went on; and two runs at once do not get the same one, since each makes a file that was not there.
 */
export function nextBoot(keyFile: string, now: number = Date.now()): number {
  const directory = `${keyFile}.boots`;
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const taken = readdirSync(directory)
    .map(Number)
    .filter((one) => Number.isSafeInteger(one));
  let boot = Math.max(Math.floor(now / 1000), ...taken.map((one) => one + 1));
  while (!take(join(directory, String(boot)))) boot += 1;
  syncDirectory(directory);
  // The highest says enough.
  for (const old of taken) rmSync(join(directory, String(old)), { force: true });
  return boot;
}

function take(file: string): boolean {
  try {
    closeSync(openSync(file, 'wx', 0o600));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** A name is on the disk once its directory is. */
function syncDirectory(directory: string): void {
  const descriptor = openSync(directory, 'r');
  fsyncSync(descriptor);
  closeSync(descriptor);
}
