import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Store, openStore } from './keep/store.ts';
import type { Clock } from './log/clock.ts';

/** A directory that is gone after the test: `onTestFinished(directory.remove)`. */
export function newTestDirectory(): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'tianyuan-gateway-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** A new store in a directory of its own: `onTestFinished(remove)`. */
export function newTestStore(): { store: Store; dataDir: string; remove: () => void } {
  const { path, remove } = newTestDirectory();
  const store = openStore(path);
  return {
    store,
    dataDir: path,
    remove() {
      store.close();
      remove();
    },
  };
}

/** A clock that stands still at a time that can be told from all others. */
export const testClock: Clock = {
  now: () => 1_800_000_000_000,
  sinceBootMs: () => 1234,
  state: () => 'synchronised',
};

/** Has SQLite itself refuse the n-th row from now on that is inserted into a table. */
export function failInserts({ sqlite }: Store, table: string, from: number): { stop: () => void } {
  sqlite.exec(
    `CREATE TRIGGER planted_fault BEFORE INSERT ON ${table}
     WHEN (SELECT COUNT(*) FROM ${table}) >= ${(sqlite.prepare(`SELECT COUNT(*) FROM ${table}`).pluck().get() as number) + from}
     BEGIN SELECT RAISE(ABORT, 'planted fault'); END`,
  );
  return { stop: () => void sqlite.exec('DROP TRIGGER planted_fault') };
}
