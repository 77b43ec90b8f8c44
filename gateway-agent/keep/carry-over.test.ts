import { X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { leafHash } from '@tianyuan/protocol';
import { naiveRoot } from '@tianyuan/protocol/vectors/naive-tree.ts';
import Database from 'better-sqlite3';
import { afterEach, describe, expect, onTestFinished, test } from 'vitest';
import { openAuthority } from '../devices/certificate-authority.ts';
import { newTestDirectory } from '../test-store.ts';
import { type HeldStore, copyAuthority, openHeldStore } from './carry-over.ts';
import { suspectStore } from './open-or-salvage.ts';
import { checkOrigin } from './start.ts';
import { type Store, lockDataDir, openStore, readSetting, writeSetting } from './store.ts';
import { damage, entriesOf, newOldStore, openAll, origin, reopen, seqsOf, endAll } from './test-old-store.ts';

afterEach(endAll);

/** A held store: of 2,000 messages and a statement between them most, all signed once; and ten that came later. */
function newHeldStore(): { heldDir: string; heldSeqs: number[]; setAside: string } {
  const heldDir = newOldStore(2001);
  damage(heldDir, 'entries', 0.5);
  suspectStore(heldDir);
  const { store, salvaged, take } = reopen(heldDir);
  take(2001, 10);
  writeSetting(store, 'pagePassword', 'scrypt:a:b');
  const heldSeqs = seqsOf(store);
  store.close();
  return { heldDir, heldSeqs, setAside: join(heldDir, salvaged!.setAside) };
}

function openSuccessor(heldDir: string) {
  const { path, remove } = newTestDirectory();
  const store = openStore(path);
  const held = openHeldStore(heldDir, origin);
  onTestFinished(() => {
    held.close();
    store.close();
    remove();
  });
  return { ...openAll(store), held, dataDir: path };
}

const carry = (store: Store, held: HeldStore, { keep, log }: ReturnType<typeof openAll>, anchored: number) =>
  keep.together(() => {
    keep.keepOwn('statement', Buffer.from('successor'));
    return held.carryOver(store, log, anchored);
  });

test('a row beside the page that is lost is not lost with it', () => {
  const { heldSeqs, setAside } = newHeldStore();
  const db = new Database(setAside, { readonly: true });
  onTestFinished(() => void db.close());
  const select = db.prepare('SELECT payload FROM entries WHERE idx = ?').pluck();
  const isReadable = (index: number): boolean => {
    try {
      return select.get(index) !== undefined;
    } catch {
      return false;
    }
  };
  const readable = Array.from({ length: 2001 }, (_, index) => index).filter(isReadable);
  expect(readable.length).toBeLessThan(2001);
  expect(heldSeqs.length).toBe(readable.filter((index) => index !== 1000).length + 10);
});

describe('a successor of a held log', () => {
  test('logs again what the last head does not cover, in order and once, and knows it', () => {
    const { heldDir, heldSeqs } = newHeldStore();
    const all = openSuccessor(heldDir);
    const { store, log, take, held } = all;
    const expected = heldSeqs.filter((seq) => seq > 900);
    expect(expected.length).toBeGreaterThan(1000);
    expect(carry(store, held, all, 900)).toBe(expected.length);
    expect(seqsOf(store)).toEqual(expected);
    expect(log.size()).toBe(1 + expected.length);
    expect(log.root()).toEqual(naiveRoot(entriesOf(store).map(leafHash)));
    expect(readSetting(store, 'pagePassword')).toBe('scrypt:a:b');
    expect([readSetting(store, 'held'), readSetting(store, 'origin')]).toEqual([undefined, undefined]);
    // The register came along: what is sent again is known, what was lost is taken.
    const again = take(901, 1100).map(({ code }) => code);
    expect(again.filter((code) => code !== 'DUPLICATE')).toEqual(
      Array.from({ length: 1110 - expected.length }, () => 'LOGGED'),
    );
    expect(seqsOf(store).toSorted((x, y) => x - y)).toEqual(Array.from({ length: 1110 }, (_, i) => 901 + i));
    // Nothing holds this log back.
    expect(all.checkpoints.at(log.size()).size).toBe(log.size());
  });

  test('takes all of it where nobody can tell any more what was anchored', () => {
    const { heldDir, heldSeqs, setAside } = newHeldStore();
    rmSync(setAside);
    const all = openSuccessor(heldDir);
    expect(carry(all.store, all.held, all, 1200)).toBe(heldSeqs.length);
    expect(seqsOf(all.store)).toEqual(heldSeqs);
  });

  test('begins with nothing of it where that was interrupted, and then with all of it', () => {
    const { heldDir, heldSeqs } = newHeldStore();
    const all = openSuccessor(heldDir);
    const { store, log, keep, held } = all;
    expect(() =>
      keep.together(() => {
        held.carryOver(store, log, 0);
        throw new Error('planted fault');
      }),
    ).toThrow('planted fault');
    expect(log.size()).toBe(0);
    expect(store.sqlite.prepare('SELECT COUNT(*) FROM devices').pluck().get()).toBe(0);
    carry(store, held, all, 0);
    expect(seqsOf(store)).toEqual(heldSeqs);
    expect(() => carry(store, held, all, 0)).toThrow(/devices are enrolled in the new directory already/);
    expect(seqsOf(store)).toEqual(heldSeqs);
  });
});

test('a held store that was taken over takes nothing more', () => {
  const { heldDir } = newHeldStore();
  const held = openHeldStore(heldDir, origin);
  expect(() => lockDataDir(heldDir)).toThrow(expect.objectContaining({ code: 'STORE_LOCKED' }));
  held.retire('gw-1b.example/log');
  held.close();
  const store = openStore(heldDir);
  onTestFinished(store.close);
  expect(() => checkOrigin(store, origin)).toThrow(/gw-1b\.example\/log took over what it held/);
});

test('only a held log of the predecessor hands over', () => {
  expect(() => openHeldStore(newOldStore(100), origin)).toThrow(/is not held/);
  expect(() => openHeldStore(newHeldStore().heldDir, 'other.example')).toThrow(
    /holds the log of gw-1\.example\/log/,
  );
  const { path, remove } = newTestDirectory();
  onTestFinished(remove);
  expect(() => openHeldStore(path, origin)).toThrow(/there is no gateway/);
});

describe('the authority of the devices’ certificates', () => {
  const [held, next] = ['held', 'next'];
  const newDirectories = () => {
    const { path, remove } = newTestDirectory();
    onTestFinished(remove);
    for (const name of [held, next]) mkdirSync(join(path, name));
    return [join(path, held), join(path, next)] as const;
  };

  test('comes along whole, with its key for its owner alone', async () => {
    const [from, to] = newDirectories();
    const authority = await openAuthority(from, { create: true });
    const { certificate } = await authority!.issueDevice('truck-1');
    copyAuthority(from, to);
    const copied = await openAuthority(to, { create: false });
    expect(copied!.certificate).toBe(authority!.certificate);
    expect(new X509Certificate(certificate).verify(new X509Certificate(copied!.certificate).publicKey)).toBe(
      true,
    );
    expect(statSync(join(to, 'authority', 'ca.key')).mode & 0o777).toBe(0o600);
  });

  test('never takes the place of one that is there, and is not made where there was none', async () => {
    const [from, to] = newDirectories();
    copyAuthority(from, to);
    expect(existsSync(join(to, 'authority'))).toBe(false);
    await openAuthority(from, { create: true });
    const own = await openAuthority(to, { create: true });
    copyAuthority(from, to);
    expect((await openAuthority(to, { create: false }))!.certificate).toBe(own!.certificate);
  });
});
