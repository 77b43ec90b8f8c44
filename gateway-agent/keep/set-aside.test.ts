import { existsSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, onTestFinished, test } from 'vitest';
import { newTestDirectory } from '../test-store.ts';
import { openBeside } from './open-beside.ts';
import { openOrSalvage, suspectStore } from './open-or-salvage.ts';
import { setStoreAside } from './set-aside.ts';
import { openStore } from './store.ts';
import { damage, endAll, logger, newOldStore, openAll, reopen, seqsOf } from './test-old-store.ts';

afterEach(endAll);

const at = Date.UTC(2026, 10, 24, 8, 30);
const first = 'gateway.db.corrupt-20261124T083000Z';

/** As a start leaves it that lost power right after it had set the store aside. */
function newInterrupted(): string {
  const dataDir = newOldStore(100);
  expect(setStoreAside(dataDir, at)).toBe(first);
  return dataDir;
}

/** Its log, by whichever start comes next. */
function expectSalvaged(dataDir: string): void {
  const { salvaged, store } = reopen(dataDir, at + 60_000);
  expect(salvaged).toMatchObject({ setAside: first, inPlace: 2001, continues: true });
  expect(seqsOf(store)).toHaveLength(2000);
}

describe('a salvage that a power cut interrupted', () => {
  test('goes on with the next start, although a command has made an empty store meanwhile', () => {
    const dataDir = newInterrupted();
    openStore(dataDir).close(); // as older commands did
    expectSalvaged(dataDir);
    expect(readdirSync(dataDir)).toContain('gateway.db.unused-20261124T083100Z');
    const again = reopen(dataDir);
    expect(again.salvaged).toBeUndefined();
  });

  test('between the renames of the store and of its write-ahead log, loses neither', () => {
    const dataDir = newOldStore(100);
    const store = openStore(dataDir);
    const { take } = openAll(store);
    take(2001, 5); // in the write-ahead log only
    for (const suffix of ['', '-wal'])
      renameSync(join(dataDir, `gateway.db${suffix}`), join(dataDir, `kept${suffix}`));
    store.close();
    renameSync(join(dataDir, 'kept'), join(dataDir, first));
    renameSync(join(dataDir, 'kept-wal'), join(dataDir, 'gateway.db-wal'));
    const { salvaged, store: salvagedStore } = reopen(dataDir);
    expect(salvaged).toMatchObject({ setAside: first, inPlace: 2006 });
    expect(seqsOf(salvagedStore)).toHaveLength(2005);
  });

  test('is left to the owner where a log was begun in its place', () => {
    const dataDir = newInterrupted();
    const store = openStore(dataDir);
    openAll(store).keep.keepOwn('statement', Buffer.from('boot'));
    store.close();
    expect(() => openOrSalvage(dataDir, at, logger)).toThrow(
      expect.objectContaining({ code: 'STORE_FAILED', message: expect.stringContaining(first) }),
    );
    expect(readdirSync(dataDir)).toEqual(expect.arrayContaining(['gateway.db', first]));
  });
});

test('a store that was salvaged is not salvaged from an older one that still lies there', () => {
  const dataDir = newInterrupted();
  reopen(dataDir, at).store.close();
  damage(dataDir, 'seen', 0.5);
  suspectStore(dataDir);
  // The clock of a board that booted in 1970 must not make the older one the newest.
  const { salvaged, store } = reopen(dataDir, 5_000);
  expect(salvaged).toMatchObject({ setAside: 'gateway.db.corrupt-20261124T083001Z' });
  store.close();
  renameSync(join(dataDir, salvaged!.setAside), join(dataDir, 'moved-to-a-stick'));
  expect(reopen(dataDir).salvaged).toBeUndefined();
});

describe('a command', () => {
  test('makes a store in an empty directory only', () => {
    const { path, remove } = newTestDirectory();
    onTestFinished(remove);
    openBeside(path).close();
    openBeside(path).close();
    expect(existsSync(join(path, 'gateway.db'))).toBe(true);
  });

  test('makes none beside a key: the store was lost', () => {
    const { path, remove } = newTestDirectory();
    onTestFinished(remove);
    writeFileSync(join(path, 'gateway.key'), '');
    expect(() => openBeside(path)).toThrow(/gateway\.key and no gateway\.db.*newest backup/);
    expect(readdirSync(path)).toEqual(['gateway.key']);
  });

  test('makes none while the agent salvages, and takes none that another one has made', () => {
    const dataDir = newInterrupted();
    const isRefused = () =>
      expect(() => openBeside(dataDir)).toThrow(/is being salvaged from gateway\.db\.corr/);
    isRefused();
    expect(existsSync(join(dataDir, 'gateway.db'))).toBe(false);
    openStore(dataDir).close();
    isRefused();
  });
});
