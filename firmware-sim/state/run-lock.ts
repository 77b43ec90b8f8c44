import { join } from 'node:path';
import Database from 'better-sqlite3';
import { SimulatorError } from '../simulator-error.ts';

/**
 * One simulator per state directory: two of them would be one device twice, and throw each other off the broker for ever.
 * SQLite's lock on a file of its own goes with the process however it ends, so no stale lock has to be cleared, and
 * `sign` can still take numbers meanwhile.
 *
 * @returns a function that lets go
 */
export function takeRunLock(directory: string): () => void {
  const lock = new Database(join(directory, 'run.lock'), { timeout: 0 });
  try {
    lock.exec('BEGIN EXCLUSIVE');
  } catch (cause) {
    lock.close();
    if ((cause as { code?: string }).code !== 'SQLITE_BUSY') throw cause;
    throw new SimulatorError(
      'STATE_LOCKED',
      `another simulator runs the devices in ${directory}: stop it, or give this one its own --state directory`,
      { cause },
    );
  }
  return () => lock.close();
}
