import { closeSync, existsSync, openSync, readdirSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { leafHash } from '@tianyuan/protocol';
import { naiveRoot } from '@tianyuan/protocol/vectors/naive-tree.ts';
import { afterEach, describe, expect, onTestFinished, test } from 'vitest';
import { newTestDirectory } from '../test-store.ts';
import { openOrSalvage, suspectStore } from './open-or-salvage.ts';
import { readSalvage } from './salvage.ts';
import { readSetting } from './store.ts';
import { damage, entriesOf, logger, newOldStore, origin, reopen, seqsOf, endAll } from './test-old-store.ts';

afterEach(endAll);

describe('a store that is sound', () => {
  test('is opened as it is, and looked at page by page after a suspicion', () => {
    const dataDir = newOldStore(100);
    suspectStore(dataDir);
    const { salvaged, log } = reopen(dataDir);
    expect(salvaged).toBeUndefined();
    expect(log.size()).toBe(2001);
    expect(
      readdirSync(dataDir).filter((name) => name.includes('suspect') || name.includes('corrupt')),
    ).toEqual([]);
  });

  test('a fault that is no corruption is thrown as it is, and nothing is set aside', () => {
    const { path, remove } = newTestDirectory();
    onTestFinished(remove);
    writeFileSync(join(path, 'data'), '');
    expect(() => openOrSalvage(join(path, 'data'), 0, logger)).toThrow(
      expect.objectContaining({ code: 'STORE_FAILED' }),
    );
  });
});

describe('a corrupt store whose log reaches what was signed', () => {
  test('goes on: what follows from the first entry on keeps its place, what lies behind the hole is logged again', () => {
    const dataDir = newOldStore(500);
    damage(dataDir, 'entries', 0.8);
    suspectStore(dataDir);
    const { salvaged, store, log, checkpoints, restoration, take } = reopen(dataDir);
    expect(salvaged).toMatchObject({
      setAside: 'gateway.db.corrupt-20261124T083000Z',
      entriesThen: 2001,
      continues: true,
      signedSize: 500,
    });
    const lost = 2001 - salvaged!.inPlace - salvaged!.moved;
    expect(salvaged!.inPlace).toBeGreaterThan(1500);
    expect(lost).toBeGreaterThan(0);
    expect(lost).toBeLessThan(20); // one page
    expect(existsSync(join(dataDir, salvaged!.setAside))).toBe(true);
    expect(readSalvage(store)).toEqual(salvaged);

    // Every message that could be read is there once, in order, under the right root.
    const seqs = seqsOf(store);
    expect(seqs).toEqual(seqs.toSorted((a, b) => a - b));
    expect(new Set(seqs).size).toBe(2000 - lost);
    expect(log.root()).toEqual(naiveRoot(entriesOf(store).map(leafHash)));
    expect([readSetting(store, 'origin'), readSetting(store, 'boot')]).toEqual([origin, '7']);

    // Known messages are duplicates still, the lost ones are taken when they come again.
    const outcomes = take(1, 2000).map(({ code }) => code);
    expect(outcomes.filter((code) => code === 'LOGGED')).toHaveLength(lost);

    // Nothing new is signed before the mirror has told what it has.
    const size = log.size();
    expect(() => checkpoints.at(size)).toThrow(expect.objectContaining({ code: 'UNPROVEN' }));
    expect(() => restoration.compare('mirror', { size: salvaged!.inPlace + 1, root: undefined })).toThrow(
      expect.objectContaining({ code: 'REWOUND' }),
    );
    expect(() => checkpoints.at(size)).toThrow(expect.objectContaining({ code: 'UNPROVEN' }));
    restoration.compare('mirror', { size: 500, root: log.rootAt(500) });
    expect(checkpoints.at(size).size).toBe(size);
  });

  test('seen, lost with its page, is known again from the messages themselves', () => {
    const dataDir = newOldStore(500);
    damage(dataDir, 'seen', 0.5);
    suspectStore(dataDir);
    const { salvaged, take } = reopen(dataDir);
    expect(salvaged).toMatchObject({ inPlace: 2001, moved: 0, continues: true });
    expect(take(1, 2000).every(({ code }) => code === 'DUPLICATE')).toBe(true);
  });
});

describe('a corrupt store whose log does not reach what was signed', () => {
  test('takes messages on, with all that could be read, and is never signed again', () => {
    const dataDir = newOldStore(2001);
    damage(dataDir, 'entries', 0.5);
    suspectStore(dataDir);
    const { salvaged, store, log, checkpoints, restoration, take } = reopen(dataDir);
    expect(salvaged).toMatchObject({ entriesThen: 2001, inPlace: 0, continues: false, signedSize: 2001 });
    const seqs = seqsOf(store);
    expect(seqs.length).toBeGreaterThan(1980);
    expect(seqs.length).toBeLessThan(2000);
    expect(log.size()).toBe(seqs.length); // its statements were about another log
    expect(log.root()).toEqual(naiveRoot(entriesOf(store).map(leafHash)));
    expect(take(3000, 1)).toMatchObject([{ code: 'LOGGED' }]);
    expect(take(1, 1)).toMatchObject([{ code: 'DUPLICATE' }]);
    const held = expect.objectContaining({ code: 'HELD', message: expect.stringContaining('2001') });
    expect(() => checkpoints.at(log.size())).toThrow(held);
    // Not even after the mirror has lost everything, nor after a restart.
    restoration.compare('mirror', { size: 0, root: undefined });
    expect(() => checkpoints.at(log.size())).toThrow(held);
    store.close();
    const again = reopen(dataDir);
    expect(again.salvaged).toBeUndefined();
    expect(() => again.checkpoints.at(5)).toThrow(held);
  });

  test('whose first page is gone too, begins anew beside it', () => {
    const dataDir = newOldStore(100);
    const file = openSync(join(dataDir, 'gateway.db'), 'r+');
    writeSync(file, Buffer.alloc(4096, 0xaa), 0, 4096, 0);
    closeSync(file);
    const { salvaged, log, checkpoints, restoration } = reopen(dataDir);
    expect(salvaged).toMatchObject({ inPlace: 0, moved: 0 });
    expect(log.size()).toBe(0);
    expect(() => restoration.compare('mirror', { size: 100, root: undefined })).toThrow(
      expect.objectContaining({ code: 'REWOUND' }),
    );
    expect(() => checkpoints.at(0)).toThrow(expect.objectContaining({ code: 'UNPROVEN' }));
  });
});

test('a text in the place of the store is set aside like any other', () => {
  const { path, remove } = newTestDirectory();
  onTestFinished(remove);
  writeFileSync(join(path, 'gateway.db'), 'a text of a hundred bytes, or so'.repeat(4));
  expect(reopen(path).salvaged).toMatchObject({ entriesThen: 0 });
});

test('a salvage that a power cut interrupted begins again, from the store that was set aside', () => {
  const dataDir = newOldStore(500);
  damage(dataDir, 'entries', 0.8);
  suspectStore(dataDir);
  const first = openOrSalvage(dataDir, 0, logger);
  first.store.close();
  // As the disk is after a cut while the new store was being filled.
  rmSync(join(dataDir, 'gateway.db'));
  writeFileSync(join(dataDir, 'gateway.db.salvage'), 'half');
  const { salvaged } = reopen(dataDir);
  expect(salvaged).toEqual(first.salvaged);
});
