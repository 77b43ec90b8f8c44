import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { type BetterSQLite3Database, drizzle } from 'drizzle-orm/better-sqlite3';
import { migrate } from 'drizzle-orm/better-sqlite3/migrator';
import { GatewayError } from '../gateway-error.ts';
import { isDiskFull } from './disk-full.ts';
import * as schema from './schema.ts';

export type Store = {
  /** for the hot path: statements prepared once */
  sqlite: Database.Database;
  /** for everything else */
  db: BetterSQLite3Database<typeof schema>;
  close: () => void;
};

/** How long one process waits for the short writes of another. */
const busyTimeoutMs = 10_000;
/** better-sqlite3's own is 16 MB. Messages go to the ends of a few indexes, which fit many times over. */
const pageCacheKibibytes = 2_000;

const migrationsFolder = fileURLToPath(new URL('./migrations', import.meta.url));

/** The store's file in the data directory; its write-ahead log lies beside it. */
export const storeFile = 'gateway.db';

/**
 * Opens the gateway's one database file and brings its schema up to date. A command beside a running agent may open it
 * too: WAL lets both read, and short writes wait for each other.
 * @param name of another file, while a store is being made
 * @throws GatewayError STORE_FAILED, naming the file
 */
export function openStore(dataDir: string, name: string = storeFile): Store {
  const file = join(dataDir, name);
  let sqlite: Database.Database | undefined;
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    sqlite = new Database(file, { timeout: busyTimeoutMs });
    sqlite.pragma('journal_mode = WAL');
    // A PUBACK is a promise that outlives a power cut: every commit is synced before it returns.
    sqlite.pragma('synchronous = FULL');
    sqlite.pragma('foreign_keys = ON');
    sqlite.pragma(`cache_size = -${pageCacheKibibytes}`);
    const db = drizzle(sqlite, { schema });
    // drizzle looks for what is missing before it locks: two processes at a first start would both create the tables.
    const unlock = lockFile(dataDir, 'migration.lock', busyTimeoutMs);
    try {
      migrate(db, { migrationsFolder });
    } finally {
      unlock();
    }
    return { sqlite, db, close: () => sqlite!.close() };
  } catch (cause) {
    sqlite?.close();
    throw new GatewayError(
      'STORE_FAILED',
      `the store ${file} cannot be opened: ${(cause as Error).message}; ` +
        (isDiskFull(cause)
          ? 'delete other files from its disk: nothing of the store is lost'
          : 'check its permissions and the disk, or restore the whole directory from your newest backup'),
      { cause },
    );
  }
}

/**
 * Holds the data directory for one agent.
 * @throws GatewayError STORE_LOCKED while another agent holds it
 */
export function lockDataDir(dataDir: string): () => void {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    return lockFile(dataDir, 'agent.lock', 0);
  } catch (cause) {
    if ((cause as { code?: string }).code === 'SQLITE_BUSY') {
      throw new GatewayError(
        'STORE_LOCKED',
        `another gateway-agent runs on ${dataDir}; stop it first, or give this one a directory of its own`,
        { cause },
      );
    }
    throw new GatewayError(
      'STORE_FAILED',
      `the data directory ${dataDir} cannot be used: ${(cause as Error).message}`,
      {
        cause,
      },
    );
  }
}

/**
 * SQLite's own lock on a file of its own: the kernel lets go of it however the process ends.
 * @throws SQLITE_BUSY while another process holds it
 */
function lockFile(dataDir: string, name: string, timeoutMs: number): () => void {
  const lock = new Database(join(dataDir, name), { timeout: timeoutMs });
  try {
    lock.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    lock.close();
    throw error;
  }
  return () => lock.close();
}

export function readSetting(store: Store, name: string): string | undefined {
  const row = store.sqlite.prepare('SELECT value FROM settings WHERE name = ?').get(name);
  return (row as { value: string } | undefined)?.value;
}

export function writeSetting(store: Store, name: string, value: string): void {
  store.sqlite
    .prepare(
      'INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
    )
    .run(name, value);
}

export function forgetSetting(store: Store, name: string): void {
  store.sqlite.prepare('DELETE FROM settings WHERE name = ?').run(name);
}

/**
 * Reads the way down to the newest entry. A full disk does not keep it from that, and is nothing that a restart would mend.
 * @throws SqliteError where it cannot be read
 */
export function readNewest({ sqlite }: Store): void {
  sqlite.prepare('SELECT entry FROM entries ORDER BY idx DESC LIMIT 1').get();
}
