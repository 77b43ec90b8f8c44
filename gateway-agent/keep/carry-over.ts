import { cpSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { decodeEntry, equalBytes } from '@tianyuan/protocol';
import { GatewayError } from '../gateway-error.ts';
import type { Log } from '../log/log.ts';
import { type OldEntry, openOldStore } from './old-store.ts';
import { copyEquivocations, copySeen, isHeld, newPlaces, readSalvage, rememberSeen } from './salvage.ts';
import { openBeside } from './open-beside.ts';
import { type Store, lockDataDir, readSetting, storeFile, writeSetting } from './store.ts';

/** Of the farm and its devices. What is of the old log, of its links or of the registry's copy begins anew. */
const carriedTables = [
  'devices',
  'device_keys',
  'certificates',
  'claims',
  'quarantine',
  'refusals',
  'device_states',
  'calibrations',
];
const carriedSettings = ['boot', 'pagePassword', 'operatorTokenHash'];

/** What a successor takes over from a store whose log is held. */
export type HeldStore = {
  /**
   * Logs again, in order, what the predecessor's last head does not cover, and copies devices and settings. In the caller's
   * transaction, so that it happens once.
   * @param anchoredSize entries under the last head of the closed log: they are proven, and stay where they are
   * @returns messages that were logged again
   */
  carryOver: (store: Store, log: Log, anchoredSize: number) => number;
  /** From here on the held store takes nothing: nobody would carry it over. */
  retire: (successor: string) => void;
  close: () => void;
};

/**
 * Opens the data directory of a gateway whose log is held, see salvage.ts. Its agent must have stopped.
 * @throws GatewayError STORE_LOCKED while it runs; SUCCESSOR where it is no held log of this origin
 */
export function openHeldStore(heldDir: string, origin: string): HeldStore {
  if (!existsSync(join(heldDir, storeFile))) throw refused(`there is no gateway in ${heldDir}`);
  const unlock = lockDataDir(heldDir);
  let held: Store;
  try {
    held = openBeside(heldDir);
  } catch (error) {
    unlock();
    throw error;
  }
  const old = openOldStore(join(heldDir, storeFile));
  const close = (): void => {
    old.close();
    held.close();
    unlock();
  };
  const known = readSetting(held, 'origin');
  if (known !== origin || !isHeld(held)) {
    close();
    throw refused(
      known === origin
        ? `the log in ${heldDir} is not held: it can go on under ${origin}, and has nothing to hand over`
        : `${heldDir} holds the log of ${known ?? 'nobody'}, and not of ${origin}`,
    );
  }

  /** How many of the held entries the old log had before `anchoredSize`: they lie in front, in the order of the old log. */
  function countAnchored(anchoredSize: number): number {
    const report = readSalvage(held);
    // A store that was salvaged once more knows the places of the first time no longer.
    if (report === undefined || report.continues) return 0;
    const first = openOldStore(join(heldDir, report.setAside));
    try {
      const ours = old.entries(0, old.endOfEntries());
      let count = 0;
      for (const row of first.entries(0, Math.min(anchoredSize, first.endOfEntries()))) {
        if (!isMessage(row)) continue;
        const next = ours.next();
        if (next.done || !equalBytes(next.value.entry, row.entry)) break;
        count += 1;
      }
      return count;
    } finally {
      first.close();
    }
  }

  return {
    carryOver(store, log, anchoredSize) {
      const { sqlite } = store;
      if (sqlite.prepare('SELECT COUNT(*) FROM device_keys').pluck().get() !== 0) {
        throw refused(
          'devices are enrolled in the new directory already, and those of the held store come along: begin in an empty one',
        );
      }
      for (const table of carriedTables) old.copyTable(table, sqlite);
      // The running agent states in its own log what no entry of that states yet.
      sqlite.exec(
        'DELETE FROM calibrations WHERE removed_at IS NOT NULL; UPDATE calibrations SET added_index = NULL',
      );
      for (const name of carriedSettings) {
        const value = readSetting(held, name);
        if (value !== undefined) writeSetting(store, name, value);
      }
      const placed = newPlaces();
      let count = 0;
      for (const row of old.entries(countAnchored(anchoredSize), old.endOfEntries())) {
        if (!isMessage(row)) continue;
        placed.put(row.idx, log.append(row.entry, row.payload, row.flags));
        count += 1;
      }
      copySeen(old, store, placed);
      copyEquivocations(old, store, placed);
      rememberSeen(store);
      return count;
    },
    retire: (successor) => writeSetting(held, 'successor', successor),
    close,
  };
}

/** The authority that issued the devices' certificates: without it none of them is let in. */
export function copyAuthority(heldDir: string, dataDir: string): void {
  const from = join(heldDir, 'authority');
  if (existsSync(from)) cpSync(from, join(dataDir, 'authority'), { recursive: true, force: false });
}

function isMessage(row: OldEntry): row is OldEntry & { payload: Buffer } {
  if (row.payload === null) return false;
  const { kind } = decodeEntry(row.entry);
  return kind === 'message' || kind === 'equivocation';
}

const refused = (text: string): GatewayError => new GatewayError('SUCCESSOR', text);
