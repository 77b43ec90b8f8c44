import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { openLog } from '../log/log.ts';
import { type SalvageReport, salvage } from './salvage.ts';
import {
  finishSettingAside,
  moveUnusedStore,
  newestAside,
  setStoreAside,
  unsalvagedAside,
} from './set-aside.ts';
import { type Store, openStore, storeFile } from './store.ts';

/** Written when a running agent met a page that cannot be read: the next start looks at every page. */
const suspectFile = 'gateway.db.suspect';
/** The new store while it is filled: a power cut in between leaves it, and it is begun again. */
const draftFile = 'gateway.db.salvage';

/** What SQLite says of a file that is damaged, or is none of its own. */
export function isCorruption(error: unknown): boolean {
  for (
    let cause = error as { code?: unknown; cause?: unknown } | undefined;
    cause;
    cause = cause.cause as typeof cause
  ) {
    if (typeof cause.code === 'string' && /^SQLITE_(CORRUPT|NOTADB)/.test(cause.code)) return true;
  }
  return false;
}

/**
 * Has the next start look at every page of the store.
 * @returns why that could not be written down: a disk that loses pages may take none either
 */
export function suspectStore(dataDir: string): Error | undefined {
  try {
    writeFileSync(join(dataDir, suspectFile), '');
    return undefined;
  } catch (error) {
    return error as Error;
  }
}

/**
 * Opens the store, and where it is corrupt sets it aside, under a name with the time, saves what can be read into a new
 * one, and goes on with that, also where that was interrupted before. Nothing is ever deleted. The caller holds the data
 * directory.
 * @throws GatewayError STORE_FAILED for every other fault
 */
export function openOrSalvage(
  dataDir: string,
  now: number,
  logger: Logger,
): { store: Store; salvaged: SalvageReport | undefined } {
  const aside = existsSync(join(dataDir, storeFile)) ? undefined : newestAside(dataDir);
  if (aside !== undefined) {
    finishSettingAside(dataDir, aside);
    return salvageFrom(dataDir, aside, logger);
  }
  let interrupted: string | undefined;
  try {
    const store = openStore(dataDir);
    try {
      interrupted = unsalvagedAside(dataDir, store);
      if (interrupted === undefined) return { store: sound(dataDir, store), salvaged: undefined };
      store.close();
    } catch (error) {
      store.close();
      throw error;
    }
  } catch (error) {
    if (!isCorruption(error)) throw error;
    logger.error(
      { err: error, dataDir },
      'the store is corrupt: it is set aside, and what can be read goes into a new one',
    );
    const name = setStoreAside(dataDir, now);
    syncDirectory(dataDir);
    return salvageFrom(dataDir, name, logger);
  }
  logger.error({ dataDir, setAside: interrupted }, 'a salvage was interrupted, and is begun again');
  moveUnusedStore(dataDir, now);
  return salvageFrom(dataDir, interrupted, logger);
}

/** The store, once its log could be read, and after a suspicion every page. */
function sound(dataDir: string, store: Store): Store {
  if (existsSync(join(dataDir, suspectFile))) checkEveryPage(store);
  openLog(store);
  rmSync(join(dataDir, suspectFile), { force: true });
  return store;
}

function checkEveryPage({ sqlite }: Store): void {
  const found = sqlite.pragma('quick_check(1)', { simple: true });
  if (found !== 'ok') throw Object.assign(new Error(String(found)), { code: 'SQLITE_CORRUPT' });
}

function salvageFrom(
  dataDir: string,
  aside: string,
  logger: Logger,
): { store: Store; salvaged: SalvageReport } {
  for (const suffix of ['', '-wal', '-shm']) rmSync(join(dataDir, draftFile + suffix), { force: true });
  const draft = openStore(dataDir, draftFile);
  let salvaged: SalvageReport;
  try {
    salvaged = salvage(draft, join(dataDir, aside), aside);
  } finally {
    draft.close();
  }
  renameSync(join(dataDir, draftFile), join(dataDir, storeFile));
  rmSync(join(dataDir, suspectFile), { force: true });
  syncDirectory(dataDir);
  logger.error(salvaged, salvaged.continues ? goesOn : isHeld);
  return { store: openStore(dataDir), salvaged };
}

const goesOn =
  'the store was salvaged, and the log goes on once the trace API and the chain have confirmed its size';
const isHeld =
  'the store was salvaged, but its log does not reach what was signed of it. Messages are taken and kept; nothing is uploaded or ' +
  'anchored until this log has a successor: see docs/gateway.md, "A corrupt store"';

function syncDirectory(dataDir: string): void {
  const descriptor = openSync(dataDir, 'r');
  fsyncSync(descriptor);
  closeSync(descriptor);
}
