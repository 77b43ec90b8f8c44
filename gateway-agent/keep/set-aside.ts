import { existsSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { GatewayError } from '../gateway-error.ts';
import { readSalvage } from './salvage.ts';
import { type Store, storeFile } from './store.ts';

/** A corrupt store's file, and the time in its name; its write-ahead log lies beside it as `…-wal`. */
const asidePattern = /^gateway\.db\.corrupt-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/;

/** The name of the store that was set aside last; undefined where none was. */
export function newestAside(dataDir: string): string | undefined {
  if (!statSync(dataDir, { throwIfNoEntry: false })?.isDirectory()) return undefined;
  return readdirSync(dataDir)
    .filter((name) => asidePattern.test(name))
    .toSorted()
    .at(-1);
}

/**
 * Renames the store, with its write-ahead log, which may hold its newest commits. The names are in the order in which they
 * were given, also where the clock went back: which one is the newest decides what a start goes on with.
 */
export function setStoreAside(dataDir: string, now: number): string {
  const newest = newestAside(dataDir);
  const name = `${storeFile}.corrupt-${stamp(newest === undefined ? now : Math.max(now, timeOf(newest) + 1000))}`;
  renameStore(dataDir, name);
  return name;
}

/** Where a power cut came between the two renames. A write-ahead log without its store is of nothing else. */
export function finishSettingAside(dataDir: string, aside: string): void {
  const [from, to] = [`${storeFile}-wal`, `${aside}-wal`].map((name) => join(dataDir, name));
  if (existsSync(from!) && !existsSync(to!)) renameSync(from!, to!);
}

/**
 * The set-aside store whose salvage was interrupted, although a store lies in its place: a command had made an empty one
 * meanwhile. The store says itself which one it was salvaged from.
 * @throws GatewayError STORE_FAILED where that store has a log of its own, and only its owner knows which of them counts
 */
export function unsalvagedAside(dataDir: string, store: Store): string | undefined {
  const aside = newestAside(dataDir);
  if (aside === undefined || aside <= (readSalvage(store)?.setAside ?? '')) return undefined;
  if (store.sqlite.prepare('SELECT 1 FROM entries LIMIT 1').get() === undefined) return aside;
  throw new GatewayError(
    'STORE_FAILED',
    `${join(dataDir, aside)} was set aside and never salvaged, and ${storeFile} beside it was not made from it: move the one ` +
      'that is not to count to another place, and start again. Without the store beside it, the one that was set aside is salvaged',
  );
}

/** Moves the empty store that lies where a salvaged one belongs. */
export function moveUnusedStore(dataDir: string, now: number): void {
  renameStore(dataDir, `${storeFile}.unused-${stamp(now)}`);
}

function renameStore(dataDir: string, name: string): void {
  // The store first: a write-ahead log without it can be told from all else, a store without its newest commits cannot.
  for (const suffix of ['', '-wal']) {
    const from = join(dataDir, storeFile + suffix);
    if (existsSync(from)) renameSync(from, join(dataDir, name + suffix));
  }
  rmSync(join(dataDir, `${storeFile}-shm`), { force: true });
}

const stamp = (at: number): string => new Date(at).toISOString().replaceAll(/[-:]|\.\d+/g, '');

function timeOf(aside: string): number {
  const [year, month, day, hour, minute, second] = asidePattern.exec(aside)!.slice(1).map(Number);
  return Date.UTC(year!, month! - 1, day, hour, minute, second);
}
