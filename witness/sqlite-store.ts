import { type WitnessedHead, equalBytes, parseCheckpoint } from '@tianyuan/protocol';
import Database from 'better-sqlite3';
import type { HeadStore } from './head-store.ts';
import type { Misbehaviour, WitnessKey } from './witness-routes.ts';

/** Proofs of misbehaviour are kept for people, and one would do: a log that floods its witness fills no disk, and no other's place. */
const maxKeptOfOrigin = 20;

/** A store in one file; each commit is synced before it returns. */
export type SqliteStore = HeadStore & {
  /**
   * Keeps what a log signed against what was cosigned of it.
   * @returns false where it is known, or so much is known of this log that one more would tell nobody anything
   */
  keep: (found: Misbehaviour, foundAtMs: number) => boolean;
  kept: () => (Misbehaviour & { foundAtMs: number })[];
  close: () => void;
};

/** Whose heads a store has. */
export type StoreOwner = Pick<WitnessKey, 'name' | 'publicKey'>;

/**
 * Opens the store of this key, or makes it where `create` says so: a witness that finds its file gone must not begin anew
 * under the same key, since it would cosign a second history. So a store says whose it is, and an empty one that was begun
 * for another key is refused. One of an earlier release takes the key that it is opened for.
 * @throws where the file is missing, is no such store, or is another key's
 */
export function openSqliteStore(file: string, owner: StoreOwner, create = false): SqliteStore {
  const database = new Database(file, { fileMustExist: !create });
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL');
  database.exec(
    `CREATE TABLE IF NOT EXISTS heads (origin TEXT PRIMARY KEY, size INTEGER NOT NULL, root BLOB NOT NULL) STRICT;
     CREATE TABLE IF NOT EXISTS misbehaviour (origin TEXT NOT NULL, kind TEXT NOT NULL, size INTEGER NOT NULL,
       root BLOB NOT NULL, note TEXT NOT NULL, found_at INTEGER NOT NULL, UNIQUE (origin, note)) STRICT;
     CREATE TABLE IF NOT EXISTS owner (one INTEGER PRIMARY KEY CHECK (one = 1), name TEXT NOT NULL, public_key BLOB NOT NULL) STRICT`,
  );
  try {
    requireOwner(database, owner);
  } catch (error) {
    database.close();
    throw error;
  }
  const select = database.prepare<[string], WitnessedHead>('SELECT size, root FROM heads WHERE origin = ?');
  const insert = database.prepare(
    'INSERT INTO heads (origin, size, root) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
  );
  const update = database.prepare(
    'UPDATE heads SET size = ?, root = ? WHERE origin = ? AND size = ? AND root = ?',
  );
  // Rows of a kind other than `fork` are an earlier release's and no proof.
  const notesOf = database.prepare<[string], { note: string }>(
    "SELECT note FROM misbehaviour WHERE origin = ? AND kind = 'fork'",
  );
  const put = database.prepare('INSERT INTO misbehaviour VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING');
  return {
    read: (origin) => Promise.resolve(select.get(origin) ?? { size: 0, root: new Uint8Array(0) }),
    advance(origin, last, next) {
      const { changes } =
        last.size === 0 && select.get(origin) === undefined
          ? insert.run(origin, next.size, next.root)
          : update.run(next.size, next.root, origin, last.size, last.root);
      return Promise.resolve(changes === 1);
    },
    keep({ origin, kind, cosigned, note }, foundAtMs) {
      // Further signature lines make other notes of one checkpoint: what the log signed is its text.
      const { text } = parseCheckpoint(note);
      const ofOrigin = notesOf.all(origin).map((row) => row.note);
      if (ofOrigin.length >= maxKeptOfOrigin) return false;
      if (ofOrigin.some((known) => parseCheckpoint(known).text === text)) return false;
      return put.run(origin, kind, cosigned.size, cosigned.root, note, foundAtMs).changes === 1;
    },
    kept() {
      const rows = database
        .prepare("SELECT * FROM misbehaviour WHERE kind = 'fork' ORDER BY found_at")
        .all() as {
        origin: string;
        kind: Misbehaviour['kind'];
        size: number;
        root: Uint8Array;
        note: string;
        found_at: number;
      }[];
      return rows.map(({ origin, kind, size, root, note, found_at: foundAtMs }) => {
        return { origin, kind, cosigned: { size, root }, note, foundAtMs };
      });
    },
    close: () => void database.close(),
  };
}

function requireOwner(database: Database.Database, { name, publicKey }: StoreOwner): void {
  database.prepare('INSERT INTO owner VALUES (1, ?, ?) ON CONFLICT DO NOTHING').run(name, publicKey);
  const known = database.prepare('SELECT name, public_key AS publicKey FROM owner').get() as StoreOwner;
  if (known.name === name && equalBytes(known.publicKey, publicKey)) return;
  throw new Error(`it is the state of the witness ${known.name} under another key or name`);
}
