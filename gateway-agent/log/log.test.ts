import { bytesToHex, equalBytes, leafHash, verifyConsistency, verifyInclusion } from '@tianyuan/protocol';
import { naiveProof, naiveRoot } from '@tianyuan/protocol/vectors/naive-tree.ts';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Store } from '../keep/store.ts';
import { newTestStore } from '../test-store.ts';
import { type Log, openLog } from './log.ts';

const entryAt = (i: number) => {
  const entry = new Uint8Array(56);
  new DataView(entry.buffer).setUint32(0, i);
  return entry;
};
const leavesUpTo = (size: number) => Array.from({ length: size }, (_, i) => leafHash(entryAt(i)));

function grow(store: Store, log: Log, to: number): void {
  store.sqlite.transaction(() => {
    for (let i = log.size(); i < to; i++)
      expect(log.append(entryAt(i), Buffer.from(`payload ${i}`), null)).toBe(i);
  })();
}

function openTestLog(size = 0) {
  const { store, remove } = newTestStore();
  onTestFinished(remove);
  const log = openLog(store);
  grow(store, log, size);
  return { store, log };
}

describe('the stored log', () => {
  test('an empty one has the empty root and size 0', () => {
    const { log } = openTestLog();
    expect(log.size()).toBe(0);
    expect(log.root()).toEqual(naiveRoot([]));
    expect(log.rootAt(0)).toEqual(naiveRoot([]));
  });

  test('gives the naive tree’s root at every size that it had, over two levels of tiles', () => {
    const { log } = openTestLog(600);
    const leaves = leavesUpTo(600);
    for (let size = 0; size <= 600; size++) {
      expect(bytesToHex(log.rootAt(size))).toBe(bytesToHex(naiveRoot(leaves.slice(0, size))));
    }
    expect(bytesToHex(log.root())).toBe(bytesToHex(log.rootAt(600)));
    expect(() => log.rootAt(601)).toThrow(/hashes/);
  });

  test('proves every size consistent with every later one that is asked for', () => {
    const { log } = openTestLog(520);
    const leaves = leavesUpTo(520);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 520 }), fc.integer({ min: 1, max: 520 }), (a, b) => {
        const [size1, size2] = a < b ? [a, b] : [b, a];
        const proof = log.consistencyProof(size1, size2);
        expect(proof.map(bytesToHex)).toEqual(naiveProof(size1, leaves.slice(0, size2)).map(bytesToHex));
        const roots = { root1: log.rootAt(size1), root2: log.rootAt(size2) };
        expect(verifyConsistency({ size1, size2, ...roots, proof })).toBe(true);
      }),
      { numRuns: 150 },
    );
  });

  test('proves every leaf included', () => {
    const { log } = openTestLog(520);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 520 }), fc.nat(), (size, n) => {
        const index = n % size;
        const proof = log.inclusionProof(index, size);
        const leaf = leafHash(entryAt(index));
        expect(verifyInclusion({ index, size, leafHash: leaf, proof, root: log.rootAt(size) })).toBe(true);
      }),
      { numRuns: 150 },
    );
  });

  test('goes on after a restart as if there had been none', () => {
    const { store, log } = openTestLog();
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), (more) => {
        const reopened = openLog(store);
        expect(reopened.size()).toBe(log.size());
        expect(equalBytes(reopened.root(), log.root())).toBe(true); // a tile's is a Buffer
        const to = log.size() + more;
        grow(store, reopened, to);
        log.restore();
        expect(log.size()).toBe(to);
        for (const one of [log, reopened])
          expect(equalBytes(one.root(), naiveRoot(leavesUpTo(to)))).toBe(true);
      }),
      { numRuns: 12 },
    );
  });

  test('restored after a rollback it is what is on disk, tiles included', () => {
    const { store, log } = openTestLog(250);
    const root = log.root();
    store.sqlite.exec('BEGIN');
    for (let i = 250; i < 530; i++) log.append(entryAt(i + 1000), Buffer.alloc(0), null);
    store.sqlite.exec('ROLLBACK');
    log.restore();
    expect([log.size(), log.root()]).toEqual([250, root]);
    grow(store, log, 530);
    expect(log.root()).toEqual(naiveRoot(leavesUpTo(530)));
    expect(openLog(store).root()).toEqual(log.root());
  });

  test.each([
    ['an entry of the partial tile', 'DELETE FROM entries WHERE idx = 290'],
    ['a tile that the root needs', 'DELETE FROM tiles WHERE idx = 0'],
  ])('a store that lacks %s is refused, not signed', (_, damage) => {
    const { store } = openTestLog(300);
    store.sqlite.exec(damage);
    expect(() => openLog(store)).toThrow(
      expect.objectContaining({
        code: 'STORE_FAILED',
        message: expect.stringContaining('log of 300 entries'),
      }),
    );
  });
});
