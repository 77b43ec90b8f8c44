import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { newTestDirectory } from '../test-store.ts';
import { lockDataDir, openStore, readSetting, writeSetting } from './store.ts';

function testDirectory(): string {
  const { path, remove } = newTestDirectory();
  onTestFinished(remove);
  return path;
}

describe('the store', () => {
  test('syncs every commit, in WAL', () => {
    const store = openStore(testDirectory());
    onTestFinished(store.close);
    expect(store.sqlite.pragma('journal_mode', { simple: true })).toBe('wal');
    expect(store.sqlite.pragma('synchronous', { simple: true })).toBe(2); // FULL
  });

  test('makes its directory for the owner alone', () => {
    const dataDir = join(testDirectory(), 'a', 'gateway');
    openStore(dataDir).close();
    expect(statSync(dataDir).mode & 0o777).toBe(0o700);
  });

  test('opens what is there, with its settings', () => {
    const dataDir = testDirectory();
    const first = openStore(dataDir);
    writeSetting(first, 'origin', 'a.example');
    writeSetting(first, 'origin', 'b.example');
    const second = openStore(dataDir); // beside it, as a command beside a running agent
    expect(readSetting(second, 'origin')).toBe('b.example');
    expect(readSetting(second, 'unheard-of')).toBeUndefined();
    first.close();
    second.close();
  });

  test('names the file that is no database, and what to do', () => {
    const dataDir = testDirectory();
    writeFileSync(join(dataDir, 'gateway.db'), 'a text of a hundred bytes, or so'.repeat(4));
    expect(() => openStore(dataDir)).toThrow(
      expect.objectContaining({
        code: 'STORE_FAILED',
        message: expect.stringMatching(/gateway\.db cannot be opened: file is not a database; .*restore/),
      }),
    );
  });

  test('names a directory that is a file', () => {
    const file = join(testDirectory(), 'data');
    writeFileSync(file, '');
    expect(() => openStore(file)).toThrow(expect.objectContaining({ code: 'STORE_FAILED' }));
    expect(() => lockDataDir(file)).toThrow(
      expect.objectContaining({ code: 'STORE_FAILED', message: expect.stringContaining(file) }),
    );
  });
});

describe('the lock of the data directory', () => {
  test('is one agent’s, and free when that one lets go', () => {
    const dataDir = testDirectory();
    const unlock = lockDataDir(dataDir);
    expect(() => lockDataDir(dataDir)).toThrow(
      expect.objectContaining({
        code: 'STORE_LOCKED',
        message: `another gateway-agent runs on ${dataDir}; stop it first, or give this one a directory of its own`,
      }),
    );
    unlock();
    lockDataDir(dataDir)();
  });

  test('leaves the store open for commands', () => {
    const dataDir = testDirectory();
    onTestFinished(lockDataDir(dataDir));
    expect(() => openStore(dataDir).close()).not.toThrow();
  });
});
