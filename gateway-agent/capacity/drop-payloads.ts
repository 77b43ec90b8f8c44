import { randomBytes } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Tombstone, decodeEntry, encodeTombstone } from '@tianyuan/protocol';
import type { Keep } from '../keep/keep.ts';
import type { Store } from '../keep/store.ts';
import { newDeviceRanges } from './device-ranges.ts';

/** A run of entries whose messages lose their payloads, behind a tombstone that is in the log. */
export type Run = {
  /** leaf of the tombstone */
  index: number;
  from: number;
  to: number;
  reason: Tombstone['reason'];
};

export type PayloadDropper = {
  /** the first entry that no run has covered and that may have something to drop */
  next: () => number;
  /** the run that is logged and not yet carried out, from before a restart perhaps */
  pending: () => Run | undefined;
  /**
   * Logs the tombstone of the run that begins with the first payload from {@link next} on and ends before `limit`, or
   * undefined where too little is there.
   * @param until where `limit` need not move, how far a short run is counted: with enough behind it, it goes as it is, or
   * nothing behind it ever could
   */
  bury: (limit: number, reason: Tombstone['reason'], until?: number) => Promise<Run | undefined>;
  /** Carries a run out. Entries, statements and tombstones stay. */
  drop: (run: Run) => Promise<void>;
  /** messages whose payloads went, ever, by reason */
  counts: () => Record<Tombstone['reason'], number>;
};

/** One tombstone covers at most this many entries: some megabytes, gathered and dropped in a second. */
const maxRunEntries = 8192;
/** A run of less is not worth its tombstone, which is itself an entry that is to be mirrored, anchored and kept. */
const leastRunBytes = 64 * 1024;
/** Of one transaction, and of one turn of the loop in which messages wait: about 10 ms. */
const sliceEntries = 512;

type Row = { idx: number; entry: Buffer; payload: Buffer | null; flags: string | null };

export function openPayloadDropper(
  { sqlite }: Store,
  keep: Pick<Keep, 'keepOwn' | 'together'>,
): PayloadDropper {
  const selectNext = sqlite.prepare('SELECT COALESCE(MAX(to_idx), 0) FROM evictions').pluck();
  const selectPending = sqlite.prepare(
    'SELECT idx AS "index", from_idx AS "from", to_idx AS "to", reason FROM evictions WHERE NOT done ORDER BY idx LIMIT 1',
  );
  const insertRun = sqlite.prepare(
    'INSERT INTO evictions (idx, from_idx, to_idx, reason, payloads, done) VALUES (?, ?, ?, ?, ?, 0)',
  );
  const setDone = sqlite.prepare('UPDATE evictions SET done = 1 WHERE idx = ?');
  const selectCounts = sqlite.prepare(
    'SELECT reason, SUM(payloads) AS count FROM evictions WHERE done GROUP BY reason',
  );
  const selectRows = sqlite.prepare(
    'SELECT idx, entry, payload, flags FROM entries WHERE idx >= ? AND idx < ? ORDER BY idx',
  );
  const deleteRows = sqlite.prepare('DELETE FROM entries WHERE idx >= ? AND idx < ?');
  const insertRow = sqlite.prepare('INSERT INTO entries (idx, entry, payload, flags) VALUES (?, ?, ?, ?)');

  const rowsOf = (from: number, to: number) => selectRows.all(from, to) as Row[];

  /** An UPDATE to NULL would leave every page as it is, four fifths empty and of no use to anybody; this frees them. */
  const dropSlice = sqlite.transaction((from: number, to: number): void => {
    const rows = rowsOf(from, to);
    if (!rows.some(isDroppable)) return;
    deleteRows.run(from, to);
    for (const row of rows)
      insertRow.run(row.idx, row.entry, isDroppable(row) ? null : row.payload, row.flags);
  });

  /** What was looked at and has nothing to drop never will: statements, tombstones, what a salvage left without payload. */
  let nothingBefore = 0;
  const next = (): number => Math.max(selectNext.get() as number, nothingBefore);

  /** The first entry before `limit` that has something to drop. */
  async function findNext(limit: number): Promise<number | undefined> {
    for (let start = next(); start < limit; start = nothingBefore) {
      const rows = rowsOf(start, Math.min(start + sliceEntries, limit));
      const found = rows.find(isDroppable)?.idx;
      if (found !== undefined || rows.length === 0) return found;
      nothingBefore = rows.at(-1)!.idx + 1;
      await nextTurn();
    }
    return undefined;
  }

  async function isEnough(bytes: number, from: number, until: number): Promise<boolean> {
    let sum = bytes;
    for (let start = from; start < until && sum < leastRunBytes; start += sliceEntries) {
      const rows = rowsOf(start, Math.min(start + sliceEntries, until));
      if (rows.length === 0) break;
      for (const row of rows) if (isDroppable(row)) sum += row.payload.length;
      await nextTurn();
    }
    return sum >= leastRunBytes;
  }

  return {
    next,
    pending: () => selectPending.get() as Run | undefined,
    async bury(limit, reason, until = limit) {
      const from = await findNext(limit);
      if (from === undefined) return undefined;
      const end = Math.min(limit, from + maxRunEntries);
      const ranges = newDeviceRanges();
      let payloads = 0;
      let bytes = 0;
      let to = from;
      let isFull = false;
      gathering: while (to < end) {
        const rows = rowsOf(to, Math.min(to + sliceEntries, end));
        if (rows.length === 0) break;
        for (const row of rows) {
          if (isDroppable(row)) {
            isFull = !ranges.add(row.payload);
            if (isFull) break gathering;
            payloads += 1;
            bytes += row.payload.length;
          }
          to = row.idx + 1;
        }
        await nextTurn();
      }
      isFull ||= to - from >= maxRunEntries;
      if (!isFull && !(await isEnough(bytes, to, until))) return undefined;
      const tombstone = { devices: ranges.list(), from, reason, to };
      return keep.together(() => {
        const index = keep.keepOwn('tombstone', encodeTombstone(tombstone, randomBytes(16)));
        insertRun.run(index, from, to, reason, payloads);
        return { index, from, to, reason };
      });
    },
    async drop({ index, from, to }) {
      for (let start = from; start < to; start += sliceEntries) {
        dropSlice.immediate(start, Math.min(start + sliceEntries, to));
        await nextTurn();
      }
      setDone.run(index);
    },
    counts() {
      const rows = selectCounts.all() as { reason: Tombstone['reason']; count: number }[];
      return {
        mirrored: 0,
        evicted: 0,
        ...Object.fromEntries(rows.map(({ reason, count }) => [reason, count])),
      };
    },
  };
}

function isDroppable(row: Row): row is Row & { payload: Buffer } {
  if (row.payload === null) return false;
  const { kind } = decodeEntry(row.entry);
  return kind === 'message' || kind === 'equivocation';
}
