import { closeSync, ftruncateSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { tryLock } from 'fs-native-extensions';
import { PlatformError } from '../platform-error.ts';

export type DirectoryLock = { release(): void };

/**
 * Takes a directory for this process alone. The lock is the kernel's, on the open file `lock`, so it ends with the
 * process however that ends; the pid in the file is only there to be told.
 * @throws PlatformError DIRECTORY_IN_USE, which names the directory and the pid of its holder
 */
export function lockDirectory(dir: string): DirectoryLock {
  mkdirSync(dir, { recursive: true });
  const file = join(dir, 'lock');
  const fd = openSync(file, 'a+');
  if (!tryLock(fd)) {
    closeSync(fd);
    throw new PlatformError('DIRECTORY_IN_USE', describeHolder(dir, readFileSync(file, 'utf8').trim()));
  }
  ftruncateSync(fd);
  writeSync(fd, `${process.pid}\n`);
  return { release: () => closeSync(fd) };
}

function describeHolder(dir: string, pid: string): string {
  const holder = pid === '' ? 'another process' : `process ${pid}`;
  return (
    `${dir} is in use by ${holder}, and two processes would corrupt the database in it. ` +
    'Stop that one, choose another directory, or set DATABASE_URL to a PostgreSQL server that several can share.'
  );
}
