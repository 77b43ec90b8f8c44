import {
  type CompactRange,
  appendToRange,
  decodeEntryBundle,
  entryLength,
  formatTilePath,
  leafHash,
  rangeRoot,
  tileWidth,
} from '@tianyuan/protocol';
import { type TraceSource, Unreachable } from './trace-source.ts';

/** A log as anybody may read it: its entries by C2SP tlog-tiles, and the roots that they have. */
export type PublicLog = {
  /** the entries below `size`, 56 bytes each; rejects with Unreachable */
  entriesTo: (size: number) => Promise<readonly Uint8Array[]>;
  /** RFC 6962 root of the first `size` entries */
  rootAt: (size: number) => Promise<Uint8Array>;
};

/** An inspection reads each log once and keeps it, some 120 MB at this size. */
const mostEntries = 2_000_000;

export function publicLog(source: TraceSource, logId: string): PublicLog {
  const entries: Uint8Array[] = [];
  const roots = new Map<number, Uint8Array>();
  let range: CompactRange = { size: 0, nodes: [] };
  let reading: Promise<void> = Promise.resolve();

  async function readTo(size: number): Promise<void> {
    while (entries.length < size) {
      const bundle = Math.floor(entries.length / tileWidth);
      const width = Math.min(tileWidth, size - bundle * tileWidth);
      const path = `/logs/${logId}/${formatTilePath({ level: 'entries', index: bundle, width })}`;
      const answer = await source.get(path);
      if (answer.status !== 200) throw new Unreachable(`${path} answers ${answer.status}`);
      const found = decodeEntryBundle(answer.body);
      if (found.length !== width || found.some((entry) => entry.length !== entryLength)) {
        throw new Unreachable(`${path} does not hold ${width} entries of ${entryLength} bytes`);
      }
      entries.push(...found.slice(entries.length - bundle * tileWidth));
    }
  }

  const log: PublicLog = {
    async entriesTo(size) {
      if (size > mostEntries)
        throw new Unreachable(`log ${logId} has more than the ${mostEntries} entries that are read of one`);
      const turn = reading.then(() => readTo(size));
      reading = turn.catch(() => {}); // whoever asked is told; the next may ask again
      await turn;
      return entries;
    },
    async rootAt(size) {
      const known = roots.get(size);
      if (known !== undefined) return known;
      await log.entriesTo(size);
      if (range.size > size) range = { size: 0, nodes: [] };
      for (const entry of entries.slice(range.size, size)) appendToRange(range, leafHash(entry));
      const root = rangeRoot(range);
      roots.set(size, root);
      return root;
    },
  };
  return log;
}
