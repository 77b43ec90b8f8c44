import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, rmdirSync, statfsSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDiskFull } from '@tianyuan/gateway-agent/keep/disk-full.ts';

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

/** Takes the disk but for so many of its pages. @returns gives them back */
export function fillBut(path: string, pages: number): () => void {
  const file = join(path, 'filler');
  const descriptor = openSync(file, 'w');
  const { bavail, bsize } = statfsSync(path);
  const chunk = Buffer.alloc(bsize, 1);
  for (let left = bavail; left > pages; left--) writeSync(descriptor, chunk);
  closeSync(descriptor);
  return () => rmSync(file);
}

/** SQLite's own word, or the gateway's sentence about it. */
export function saysFull(error: unknown): boolean {
  const { cause } = error as { cause?: unknown };
  return isDiskFull(error) || (cause !== undefined && saysFull(cause));
}
