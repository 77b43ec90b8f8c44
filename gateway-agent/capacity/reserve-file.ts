import { randomFillSync } from 'node:crypto';
import { closeSync, fsyncSync, openSync, rmSync, statSync, statfsSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { isDiskFull } from '../keep/disk-full.ts';

/** A file that holds room on the disk for the time when there is none left. */
export type Reserve = {
  bytes: number;
  isHeld: () => boolean;
  /** gives the room back, so that the agent can still log, sign and evict */
  release: () => void;
  /** takes the room where it is not held and the disk has it to spare */
  hold: (freeBytes: number) => void;
};

const reserveName = 'reserve.block';
const chunkBytes = 1024 * 1024;

/** The disk must have this many times the reserve free before it is taken: a reserve must not fill the disk itself. */
const spareFactor = 4;

export function openReserve(dataDir: string, bytes: number): Reserve {
  const file = join(dataDir, reserveName);
  let held = statSync(file, { throwIfNoEntry: false })?.size === bytes;
  const release = (): void => {
    rmSync(file, { force: true });
    held = false;
  };
  return {
    bytes,
    isHeld: () => held,
    release,
    hold(freeBytes) {
      if (held || bytes === 0 || freeBytes < spareFactor * bytes) return;
      try {
        fill(file, bytes);
        held = true;
      } catch {
        release(); // somebody else was faster; the next look tries again
      }
    },
  };
}

/** The write-ahead log at its usual length, and as much again for what a start writes. */
const startBytes = 8 * 1024 * 1024;

/**
 * Gives the reserve back before the store is opened, where the disk has no room for that: an agent that cannot start on a
 * full disk cannot say so either.
 * @returns whether it was needed and there
 */
export function releaseToStart(dataDir: string): boolean {
  const file = join(dataDir, reserveName);
  if (statSync(file, { throwIfNoEntry: false }) === undefined) return false;
  const { bavail, bsize } = statfsSync(dataDir);
  if (bavail * bsize >= startBytes) return false;
  rmSync(file, { force: true });
  return true;
}

/**
 * Does `work`, and where that finds the disk full all the same (a quota, or somebody who was faster), gives the reserve back
 * and does it once more. `work` must have undone what it began.
 * @param onGiven told before the second time
 * @throws what `work` throws
 */
export function withReserve<T>(dataDir: string, work: () => T, onGiven: () => void): T {
  try {
    return work();
  } catch (error) {
    const file = join(dataDir, reserveName);
    const isFull = isDiskFull(error) || isDiskFull((error as Error).cause ?? {});
    if (!isFull || statSync(file, { throwIfNoEntry: false }) === undefined) throw error;
    rmSync(file, { force: true });
    onGiven();
    return work();
  }
}

/** Random, since zeros take no room on a file system that compresses or leaves holes. */
function fill(file: string, bytes: number): void {
  const chunk = Buffer.alloc(Math.min(chunkBytes, bytes));
  const descriptor = openSync(file, 'w', 0o600);
  try {
    for (let written = 0; written < bytes;) {
      randomFillSync(chunk);
      written += writeSync(descriptor, chunk, 0, Math.min(chunk.length, bytes - written));
    }
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
