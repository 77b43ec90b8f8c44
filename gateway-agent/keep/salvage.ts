import type Database from 'better-sqlite3';
import { ProtocolError, decodeEntry, equalBytes, parseCheckpoint, parseMessage } from '@tianyuan/protocol';
import { GatewayError } from '../gateway-error.ts';
import { openLog } from '../log/log.ts';
import { succeedInstead } from '../log/restoration.ts';
import { type OldStore, openOldStore } from './old-store.ts';
import { type Store, readSetting } from './store.ts';

/** What came out of a store that was corrupt. */
export type SalvageReport = {
  /** the name under which the old file lies beside the new one */
  setAside: string;
  /** entries that the old log must have had, as far as can be seen */
  entriesThen: number;
  /** those that kept their place in the log, and those that got a new one behind them */
  inPlace: number;
  moved: number;
  /** whether the log can go on under its origin: it reaches what was signed of it */
  continues: boolean;
  /** the last head that is known to be signed */
  signedSize: number;
  /** rows that could be read, by table */
  rows: Record<string, number>;
};

/** In `settings`: the report of the last salvage, JSON. */
const salvageSetting = 'salvage';
/** In `settings`: this log does not reach what was signed of it. It takes messages, and never signs. */
const heldSetting = 'held';

/** Rows of one transaction while copying. */
const chunkRows = 1000;

/** Written anew from the entries, or of a history that is not this one; the watch of alarms begins anew by itself. */
const notCopied = new Set([
  'entries',
  'tiles',
  'seen',
  'equivocations',
  '__drizzle_migrations',
  'watch_memory',
]);
/** They speak of the old log's sizes: of use only where that log goes on. */
const ofTheLog = new Set(['checkpoints', 'anchors', 'evictions']);

/**
 * Copies whatever can be read of a corrupt store into a new one. Entries that follow one another from the first on keep
 * their place if they lead to the last checkpoint that was signed; what can be read behind a hole is logged again, since it
 * was acknowledged. Where the log does not lead to that checkpoint, nothing of it may ever be signed again: all messages go
 * into a log that is held back until it is made the successor of the lost one.
 */
export function salvage(store: Store, oldFile: string, setAside: string): SalvageReport {
  const old = openOldStore(oldFile);
  try {
    const rows: Record<string, number> = {};
    const signed = lastSigned(old);
    const log = openLog(store);
    const contiguous = old.contiguousEntries();
    const placed = newPlaces();
    const inTransactions = inChunks(store.sqlite);

    for (const row of old.entries(0, contiguous)) {
      inTransactions.run(() => placed.put(row.idx, log.append(row.entry, row.payload, row.flags)));
    }
    inTransactions.end();
    const continues =
      signed === undefined || (signed.size <= log.size() && equalBytes(log.rootAt(signed.size), signed.root));
    let inPlace = log.size();
    if (!continues) {
      inPlace = 0;
      placed.clear();
      store.sqlite.exec('DELETE FROM entries; DELETE FROM tiles');
      log.restore();
    }
    const isWanted = (kind: string): boolean => continues || kind === 'message' || kind === 'equivocation';
    for (const row of old.entries(continues ? contiguous : 0, old.endOfEntries())) {
      if (row.payload === null || !isWanted(decodeEntry(row.entry).kind)) continue;
      inTransactions.run(() => placed.put(row.idx, log.append(row.entry, row.payload, row.flags)));
    }
    inTransactions.end();

    for (const table of tablesOf(store.sqlite)) {
      if (notCopied.has(table) || (!continues && ofTheLog.has(table))) continue;
      rows[table] = old.copyTable(table, store.sqlite);
    }
    rows.seen = copySeen(old, store, placed);
    rows.equivocations = copyEquivocations(old, store, placed);
    rememberSeen(store);
    const report: SalvageReport = {
      setAside,
      entriesThen: Math.max(old.endOfEntries(), signed?.size ?? 0),
      inPlace,
      moved: log.size() - inPlace,
      continues,
      signedSize: signed?.size ?? 0,
      rows,
    };
    remember(store, report);
    return report;
  } finally {
    old.close();
  }
}

export function readSalvage(store: Store): SalvageReport | undefined {
  const text = readSetting(store, salvageSetting);
  return text === undefined ? undefined : (JSON.parse(text) as SalvageReport);
}

/** Whether the log of this store may never be signed. */
export const isHeld = (store: Store): boolean => readSetting(store, heldSetting) !== undefined;

/** @throws GatewayError HELD where the log of this store may never be signed */
export function requireNotHeld(store: Store): void {
  const signedSize = readSetting(store, heldSetting);
  if (signedSize === undefined) return;
  throw new GatewayError(
    'HELD',
    `this store was salvaged, and its log does not reach the ${signedSize} entries that were signed of it: nothing is signed, ` +
      `uploaded or anchored any more, and messages are still taken and kept. ${capitalise(succeedInstead)}, which takes them over`,
  );
}

const capitalise = (text: string): string => text[0]!.toUpperCase() + text.slice(1);

/** The last checkpoint that can be read. What else was signed, the links tell before anything new is: see restoration.ts. */
function lastSigned(old: OldStore): { size: number; root: Uint8Array } | undefined {
  let last: { size: number; root: Uint8Array } | undefined;
  for (const { note } of old.rows<{ note: string }>('checkpoints', ['note'])) {
    const { size, root } = parseCheckpoint(note);
    if (last === undefined || size > last.size) last = { size, root };
  }
  return last;
}

/** Where the old log's entries are in the new one. */
export function newPlaces() {
  const moved = new Map<number, number>();
  let same = 0;
  return {
    put(from: number, to: number): void {
      if (from === to && from === same) same += 1;
      else moved.set(from, to);
    },
    of: (from: number): number | undefined => (from < same ? from : moved.get(from)),
    clear(): void {
      same = 0;
      moved.clear();
    },
  };
}
export type Places = ReturnType<typeof newPlaces>;

/** Commits now and then; where the caller has a transaction, all of it is the caller's. */
function inChunks(sqlite: Database.Database) {
  const isOurs = !sqlite.inTransaction;
  let open = 0;
  return {
    run(work: () => void): void {
      if (open === 0 && isOurs) sqlite.exec('BEGIN IMMEDIATE');
      work();
      open += 1;
      if (open >= chunkRows) this.end();
    },
    end(): void {
      if (open > 0 && isOurs) sqlite.exec('COMMIT');
      open = 0;
    },
  };
}

function tablesOf(sqlite: Database.Database): string[] {
  return sqlite
    .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    .pluck()
    .all() as string[];
}

type SeenRow = { key_id: number; boot: number; seq: number; idx: number };

export function copySeen(old: OldStore, { sqlite }: Store, placed: Places): number {
  const insert = sqlite.prepare('INSERT OR IGNORE INTO seen (key_id, boot, seq, idx) VALUES (?, ?, ?, ?)');
  const chunks = inChunks(sqlite);
  let count = 0;
  for (const { key_id, boot, seq, idx } of old.rows<SeenRow>('seen', ['key_id', 'boot', 'seq', 'idx'])) {
    const place = placed.of(idx);
    if (place === undefined) continue;
    chunks.run(() => void (count += insert.run(key_id, boot, seq, place).changes));
  }
  chunks.end();
  return count;
}

type EquivocationRow = SeenRow & { payload_hash: Buffer };

export function copyEquivocations(old: OldStore, { sqlite }: Store, placed: Places): number {
  const insert = sqlite.prepare(
    'INSERT OR IGNORE INTO equivocations (key_id, boot, seq, payload_hash, idx) VALUES (?, ?, ?, ?, ?)',
  );
  const chunks = inChunks(sqlite);
  let count = 0;
  const columns = ['key_id', 'boot', 'seq', 'payload_hash', 'idx'];
  for (const { key_id, boot, seq, payload_hash, idx } of old.rows<EquivocationRow>(
    'equivocations',
    columns,
  )) {
    const place = placed.of(idx);
    if (place === undefined) continue;
    chunks.run(() => void (count += insert.run(key_id, boot, seq, payload_hash, place).changes));
  }
  chunks.end();
  return count;
}

/** Messages whose row in `seen` was lost say themselves who they are: a duplicate must not be logged twice. */
export function rememberSeen({ sqlite }: Store): void {
  const unseen = sqlite.prepare(
    `SELECT idx, entry, payload FROM entries WHERE payload IS NOT NULL AND idx > ?
     AND idx NOT IN (SELECT idx FROM seen) AND idx NOT IN (SELECT idx FROM equivocations) ORDER BY idx LIMIT ${chunkRows}`,
  );
  const selectKey = sqlite.prepare('SELECT id FROM device_keys WHERE device = ? AND key = ?').pluck();
  const insert = sqlite.prepare('INSERT OR IGNORE INTO seen (key_id, boot, seq, idx) VALUES (?, ?, ?, ?)');
  for (let last = -1; ;) {
    const rows = unseen.all(last) as { idx: number; entry: Buffer; payload: Buffer }[];
    if (rows.length === 0) return;
    sqlite.transaction(() => {
      for (const { idx, entry, payload } of rows) {
        last = idx;
        if (decodeEntry(entry).kind !== 'message') continue;
        const message = readMessage(payload);
        const keyId = message && (selectKey.get(message.device, message.key) as number | undefined);
        if (message && keyId !== undefined) insert.run(keyId, message.boot, message.seq, idx);
      }
    })();
  }
}

function readMessage(payload: Uint8Array) {
  try {
    return parseMessage(payload).message;
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}

function remember({ sqlite }: Store, report: SalvageReport): void {
  const write = sqlite.prepare(
    'INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
  );
  sqlite.transaction(() => {
    write.run(salvageSetting, JSON.stringify(report));
    // Nothing is signed until every link has shown that nothing was signed beyond what is in place: restoration.ts.
    write.run('restoredSize', String(report.inPlace));
    if (!report.continues) write.run(heldSetting, String(report.signedSize));
  })();
}
