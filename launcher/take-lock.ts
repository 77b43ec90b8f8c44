import { closeSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { LauncherError } from './launcher-error.ts';

/**
 * One launcher to a directory.
 * @throws LauncherError naming the process that has it
 */
export function takeLock(file: string): () => void {
  for (;;) {
    try {
      const descriptor = openSync(file, 'wx');
      writeSync(descriptor, String(process.pid));
      closeSync(descriptor);
      return () => rmSync(file, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = Number(readFileSync(file, 'utf8'));
    if (holder > 0 && isLauncher(holder)) {
      throw new LauncherError(
        `npm start already runs here as process ${holder}: stop it first, or use --home DIR for another`,
      );
    }
    rmSync(file, { force: true }); // it was killed
  }
}

/** Alive and a launcher; the number may have gone to somebody else (Linux tells; elsewhere it is believed). */
function isLauncher(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('launcher');
  } catch {
    return true;
  }
}
