import { closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { SimulatorError } from '../simulator-error.ts';

export type StateDatabase = Database.Database;

const schemaVersion = 2;

/**
 * `seq` and `boot` are the last ones used, `time` the device's clock at its last message. AUTOINCREMENT, because a link
 * remembers how far it has sent by id, so an id must never come back after its row has gone.
 */
const schema = `
  CREATE TABLE device (
    id         TEXT PRIMARY KEY,
    kind       TEXT NOT NULL,
    secret_key BLOB NOT NULL CHECK (length(secret_key) = 32),
    token      TEXT NOT NULL,
    key        INTEGER NOT NULL DEFAULT 1,
    boot       INTEGER NOT NULL DEFAULT 0,
    seq        INTEGER NOT NULL DEFAULT 0,
    time       INTEGER NOT NULL DEFAULT 0
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE outbox (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    device  TEXT NOT NULL REFERENCES device (id),
    fault   TEXT,
    payload BLOB NOT NULL
  ) STRICT;
  CREATE INDEX outbox_of_device ON outbox (device, id);
`;

/** Since version 2: keys that were shown to a gateway and not taken yet. */
const pendingKeys = `
  CREATE TABLE pending_key (
    device     TEXT PRIMARY KEY,
    secret_key BLOB NOT NULL CHECK (length(secret_key) = 32)
  ) STRICT, WITHOUT ROWID;
`;

/**
 * Opens the flash memory of all devices, one SQLite file in `directory`, and makes it where there is none. It holds secret
 * keys, so nobody but its owner may read it.
 *
 * FULL: a number is on disk before its message is on the wire, and a power cut cannot make a device use it twice.
 */
export function openState(directory: string): StateDatabase {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const file = join(directory, 'devices.sqlite');
  closeSync(openSync(file, 'a', 0o600)); // SQLite gives its journal the mode of the file that it finds
  const database = new Database(file);
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL');
  database.pragma('foreign_keys = ON');
  database.transaction(() => migrate(database, file)).immediate();
  return database;
}

function migrate(database: StateDatabase, file: string): void {
  const version = database.pragma('user_version', { simple: true }) as number;
  if (version === schemaVersion) return;
  if (version > schemaVersion) {
    database.close();
    throw new SimulatorError(
      'STATE_VERSION',
      `${file} has version ${version}, and this simulator knows ${schemaVersion}: use the newer simulator, or another --state directory`,
    );
  }
  if (version < 1) database.exec(schema);
  database.exec(pendingKeys);
  database.pragma(`user_version = ${schemaVersion}`);
}
