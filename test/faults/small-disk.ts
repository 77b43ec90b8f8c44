import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const asRoot = process.getuid?.() === 0 ? [] : ['sudo', '--non-interactive'];

function runAsRoot(...command: string[]): void {
  const [program, ...args] = [...asRoot, ...command];
  execFileSync(program!, args, { stdio: 'pipe' });
}

/**
 * A disk of its own that can really be full: a tmpfs, which only root can mount. Undefined where that is not allowed, which
 * CI may not be.
 * @param file the test that says so
 */
export function mountDisk(bytes: number, file: string): string | undefined {
  const path = mkdtempSync(join(tmpdir(), 'tianyuan-disk-'));
  try {
    runAsRoot('mount', '-t', 'tmpfs', '-o', `size=${bytes},mode=1777`, 'tmpfs', path);
    return path;
  } catch (error) {
    rmdirSync(path);
    if (process.env.CI) throw error;
    process.stderr.write(`SKIPPED: ${file}, for only root can mount the disk that it fills\n`);
    return undefined;
  }
}

export function unmountDisk(path: string): void {
  runAsRoot('umount', path);
  rmdirSync(path);
}
