import Database from 'better-sqlite3';
import { decodeEntry, entryLength, equalBytes, sha256 } from '@tianyuan/protocol';

export type OldEntry = { idx: number; entry: Buffer; payload: Buffer | null; flags: string | null };

/** A store of which some pages cannot be read. Nothing here throws for them: what cannot be read is passed over. */
export type OldStore = {
  /** entries from the first on without a hole */
  contiguousEntries: () => number;
  /** one more than the largest index that can be read */
  endOfEntries: () => number;
  /** those of [from, to) that can be read, in order */
  entries: (from: number, to: number) => Generator<OldEntry>;
  /** rows of a table that can be read: from its beginning up to the first fault, and from its end down to the last one */
  rows: <T>(table: string, columns: readonly string[]) => Generator<T>;
  /** copies what can be read into the table of the same name, as far as both have the columns; existing rows are replaced */
  copyTable: (table: string, into: Database.Database) => number;
  close: () => void;
};

/** Read at a time; one by one where that fails. */
const sliceEntries = 256;

export function openOldStore(file: string): OldStore {
  let old: Database.Database | undefined;
  try {
    old = new Database(file, { readonly: true });
    old.pragma('schema_version');
  } catch {
    old = undefined; // not even its first page
  }
  const orNothing = <T>(read: (db: Database.Database) => T): T | undefined => {
    try {
      return old && read(old);
    } catch {
      return undefined;
    }
  };
  const select = orNothing((db) =>
    db.prepare('SELECT idx, entry, payload, flags FROM entries WHERE idx >= ? AND idx < ? ORDER BY idx'),
  );
  // A range looks at the row behind its end, which may lie on a page that is gone.
  const selectOne = orNothing((db) =>
    db.prepare('SELECT idx, entry, payload, flags FROM entries WHERE idx = ?'),
  );
  const read = (from: number, to: number): OldEntry[] | undefined =>
    orNothing(() => select?.all(from, to) as OldEntry[] | undefined);

  function* entries(from: number, to: number): Generator<OldEntry> {
    for (let start = from; start < to; start += sliceEntries) {
      const end = Math.min(start + sliceEntries, to);
      const found = read(start, end) ?? oneByOne(start, end);
      for (const row of found) if (isEntry(row)) yield withSoundPayload(row);
    }
  }

  function oneByOne(from: number, to: number): OldEntry[] {
    const found: OldEntry[] = [];
    for (let idx = from; idx < to; idx++) {
      found.push(...(orNothing(() => selectOne?.all(idx) as OldEntry[] | undefined) ?? []));
    }
    return found;
  }

  function* rows<T>(table: string, columns: readonly string[]): Generator<T> {
    const primary = orNothing((db) => db.pragma(`table_info(${table})`) as { name: string; pk: number }[]);
    if (primary === undefined || primary.length === 0) return;
    const order = primary
      .filter(({ pk }) => pk > 0)
      .toSorted((a, b) => a.pk - b.pk)
      .map(({ name }) => name);
    const sql = (direction: string): string =>
      `SELECT ${columns.map(quote).join(', ')} FROM ${quote(table)}` +
      (order.length > 0 ? ` ORDER BY ${order.map((name) => `${quote(name)} ${direction}`).join(', ')}` : '');
    const isWhole = yield* readable<T>(sql('ASC'));
    if (!isWhole && order.length > 0) yield* readable<T>(sql('DESC'));
  }

  /** @returns whether there was no fault */
  function* readable<T>(sql: string): Generator<T, boolean> {
    const iterator = orNothing((db) => db.prepare(sql).iterate() as IterableIterator<T>);
    if (iterator === undefined) return false;
    for (;;) {
      let next: IteratorResult<T>;
      try {
        next = iterator.next();
      } catch {
        return false;
      }
      if (next.done) return true;
      yield next.value;
    }
  }

  return {
    contiguousEntries() {
      let next = 0;
      for (const { idx } of entries(0, endOfEntries())) {
        if (idx !== next) return next;
        next += 1;
      }
      return next;
    },
    endOfEntries,
    entries,
    rows,
    copyTable(table, into) {
      const names = (db: Database.Database) =>
        (db.pragma(`table_info(${table})`) as { name: string }[]).map(({ name }) => name);
      const oldNames = new Set(orNothing(names));
      const shared = names(into).filter((name) => oldNames.has(name));
      if (shared.length === 0) return 0;
      const insert = into.prepare(
        `INSERT OR REPLACE INTO ${quote(table)} (${shared.map(quote).join(', ')}) VALUES (${shared.map(() => '?').join(', ')})`,
      );
      let count = 0;
      into.transaction(() => {
        for (const row of rows<Record<string, unknown>>(table, shared)) {
          try {
            count += insert.run(...shared.map((name) => row[name])).changes;
          } catch {
            // a value that the schema does not allow is part of the damage
          }
        }
      })();
      return count;
    },
    close: () => old?.close(),
  };

  function endOfEntries(): number {
    const largest = (direction: string): number | undefined => {
      const found = orNothing((db) =>
        db.prepare(`SELECT idx FROM entries ORDER BY idx ${direction} LIMIT 1`).pluck().get(),
      );
      return typeof found === 'number' ? found : undefined;
    };
    const last = largest('DESC');
    if (last !== undefined) return last + 1;
    // The rightmost page is gone: other tables tell how far the log went.
    const told = [
      'SELECT MAX(idx) + 1 FROM seen',
      'SELECT MAX(size) FROM checkpoints',
      'SELECT MAX(size) FROM anchors',
    ];
    return Math.max(0, ...told.map((sql) => Number(orNothing((db) => db.prepare(sql).pluck().get()) ?? 0)));
  }
}

const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** A page that SQLite reads without complaint may hold anything. */
function isEntry({ entry }: OldEntry): boolean {
  if (!(entry instanceof Uint8Array) || entry.length !== entryLength) return false;
  try {
    decodeEntry(entry);
    return true;
  } catch {
    return false;
  }
}

/** A payload that is not the one which the entry commits to is lost; the entry stands. */
function withSoundPayload(row: OldEntry): OldEntry {
  if (row.payload === null || equalBytes(sha256(row.payload), decodeEntry(row.entry).payloadHash)) return row;
  return { ...row, payload: null };
}
