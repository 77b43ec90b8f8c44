import {
  encodeEntry,
  newSecretKey,
  parseCheckpoint,
  publicKeyOf,
  signEd25519,
  verifyCheckpoint,
  verifyConsistency,
} from '@tianyuan/protocol';
import Database from 'better-sqlite3';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Store } from '../keep/store.ts';
import { failInserts, newTestStore } from '../test-store.ts';
import { type Checkpoints, openCheckpoints } from './checkpoints.ts';
import { type Log, openLog } from './log.ts';

const origin = 'gw-1.example/log';
const secretKey = newSecretKey();
const key = { secretKey, publicKey: publicKeyOf(secretKey) };

const entryAt = (n: number) =>
  encodeEntry({
    kind: 'message',
    clock: 'unknown',
    receivedAt: n,
    boot: 1,
    sinceBootMs: 0,
    payloadHash: new Uint8Array(32),
  });

function append(log: Log, count: number, first = log.size()): void {
  for (let i = 0; i < count; i++) log.append(entryAt(first + i), Buffer.alloc(0), null);
}

function openOn(store: Store, log: Log): Checkpoints {
  return openCheckpoints(store, log, {
    origin,
    key,
    sign: (text) => signEd25519(secretKey, text),
    now: () => 42,
  });
}

function openTestCheckpoints(size: number) {
  const { store, dataDir, remove } = newTestStore();
  onTestFinished(remove);
  const log = openLog(store);
  append(log, size);
  return { store, dataDir, log, checkpoints: openOn(store, log) };
}

describe('checkpoints', () => {
  test('are notes that the log’s key signed, over the root of their size', () => {
    const { checkpoints, log } = openTestCheckpoints(5);
    for (const size of [3, 5, 1]) {
      const head = checkpoints.at(size);
      expect(head).toMatchObject({ size, root: log.rootAt(size) });
      const parsed = parseCheckpoint(head.note);
      expect(parsed).toMatchObject({ origin, size });
      expect(parsed.root).toEqual(log.rootAt(size));
      expect(parsed.signatures[0]!.bytes).toEqual(head.signature);
      expect(verifyCheckpoint(parsed, key.publicKey)).toBe(true);
    }
  });

  test('are on disk when they are handed out, for any other process to see', () => {
    const { checkpoints, dataDir } = openTestCheckpoints(2);
    const { note, root } = checkpoints.at(2);
    const other = new Database(join(dataDir, 'gateway.db'), { readonly: true });
    onTestFinished(() => void other.close());
    expect(other.prepare('SELECT * FROM checkpoints').all()).toEqual([
      { size: 2, root: Buffer.from(root), note, signed_at: 42 },
    ]);
  });

  test('one that cannot be written is not handed out', () => {
    const { checkpoints, store } = openTestCheckpoints(2);
    const fault = failInserts(store, 'checkpoints', 0);
    expect(() => checkpoints.at(2)).toThrow('planted fault');
    expect(checkpoints.latest()).toBeUndefined();
    fault.stop();
    expect(checkpoints.at(2).size).toBe(2);
  });

  test('the same size is the same note, after a restart too', () => {
    const { checkpoints, store, log } = openTestCheckpoints(4);
    const { note } = checkpoints.at(4);
    append(log, 3);
    expect(checkpoints.at(4).note).toBe(note);
    expect(openOn(store, openLog(store)).at(4).note).toBe(note);
  });

  test('latest is the largest', () => {
    const { checkpoints } = openTestCheckpoints(9);
    expect(checkpoints.latest()).toBeUndefined();
    checkpoints.at(7);
    checkpoints.at(3);
    expect(checkpoints.latest()!.size).toBe(7);
  });

  test('all that were ever signed are consistent with one another', () => {
    const { checkpoints, log, store } = openTestCheckpoints(1);
    for (let i = 0; i < 12; i++) {
      append(log, 1 + i * 5);
      checkpoints.at(log.size());
    }
    const rows = store.sqlite.prepare('SELECT size, root FROM checkpoints ORDER BY size').all() as {
      size: number;
      root: Buffer;
    }[];
    expect(rows).toHaveLength(12);
    for (const { size, root } of rows) {
      const proof = log.consistencyProof(size, log.size());
      expect(
        verifyConsistency({ size1: size, size2: log.size(), root1: root, root2: log.root(), proof }),
      ).toBe(true);
    }
  });
});

describe('a store that is not what was signed', () => {
  const damaged = expect.objectContaining({
    code: 'STORE_FAILED',
    message: expect.stringContaining('damaged or older'),
  });

  test('because it is shorter, is refused at the start', () => {
    const { checkpoints, store } = openTestCheckpoints(9);
    checkpoints.at(9);
    store.sqlite.exec('DELETE FROM entries WHERE idx >= 6');
    expect(() => openOn(store, openLog(store))).toThrow(damaged);
  });

  test('because an entry is another one, is refused at the start', () => {
    const { checkpoints, store } = openTestCheckpoints(9);
    checkpoints.at(9);
    store.sqlite.prepare('UPDATE entries SET entry = ? WHERE idx = 4').run(entryAt(99));
    expect(() => openOn(store, openLog(store))).toThrow(damaged);
  });

  test('because its entries changed under a running agent, gets no further signature', () => {
    const { checkpoints, store, log } = openTestCheckpoints(6);
    checkpoints.at(6);
    store.sqlite.prepare('UPDATE entries SET entry = ? WHERE idx = 4').run(entryAt(99));
    log.restore();
    append(log, 2);
    expect(() => checkpoints.at(8)).toThrow(damaged);
    expect(() => checkpoints.at(5)).toThrow(damaged);
    expect(checkpoints.at(6).size).toBe(6); // what was signed, was signed
  });
});
