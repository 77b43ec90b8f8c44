import { statSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import type { Store } from '../keep/store.ts';

/** What the store takes, and what it could still take. */
export type Usage = {
  /** bytes of the store that hold something; pages that were freed inside the file are free */
  usedBytes: number;
  /** what the owner allows; undefined where only the disk is the limit */
  budgetBytes: number | undefined;
  diskBytes: number;
  /** free on the disk, or inside the store's own file */
  freeBytes: number;
};

export type MeasureUsage = () => Usage;

/** Three pragmas and two system calls, together some ten microseconds. */
export function openUsage({ sqlite }: Store, dataDir: string, budgetBytes: number | undefined): MeasureUsage {
  const pageBytes = sqlite.pragma('page_size', { simple: true }) as number;
  const walFile = join(dataDir, 'gateway.db-wal');
  return () => {
    const pages = sqlite.pragma('page_count', { simple: true }) as number;
    const freePages = sqlite.pragma('freelist_count', { simple: true }) as number;
    const { bsize, blocks, bavail } = statfsSync(dataDir);
    return {
      usedBytes: (pages - freePages) * pageBytes + (statSync(walFile, { throwIfNoEntry: false })?.size ?? 0),
      budgetBytes,
      diskBytes: blocks * bsize,
      freeBytes: bavail * bsize + freePages * pageBytes,
    };
  };
}

/** Five percent of a large disk are room for years: it counts as one of 64 GiB, the largest card that such a board has. */
const largestDiskBytes = 64 * 1024 ** 3;

/** How full: of the budget and of the disk, whichever is fuller. Pure. */
export function fractionOf({ usedBytes, budgetBytes, diskBytes, freeBytes }: Usage): number {
  const size = Math.min(diskBytes, largestDiskBytes);
  const ofDisk = size > 0 ? Math.max(0, 1 - freeBytes / size) : 0;
  return Math.max(ofDisk, budgetBytes === undefined ? 0 : usedBytes / budgetBytes);
}
