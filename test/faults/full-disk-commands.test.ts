import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { backUp, restore } from '@tianyuan/gateway-agent/keep/backup.ts';
import { openHeldStore } from '@tianyuan/gateway-agent/keep/carry-over.ts';
import { suspectStore } from '@tianyuan/gateway-agent/keep/open-or-salvage.ts';
import { openStore, writeSetting } from '@tianyuan/gateway-agent/keep/store.ts';
import {
  damage,
  endAll,
  newOldStore,
  openAll,
  origin,
  reopen,
  seqsOf,
} from '@tianyuan/gateway-agent/keep/test-old-store.ts';
import { loadGatewayKey } from '@tianyuan/gateway-agent/log/gateway-key.ts';
import { generateIdentity, identityToRecipient } from 'age-encryption';
import { afterAll, expect, onTestFinished, test } from 'vitest';
import { messages, openEverything } from './opened-store.ts';
import { fillBut, mountDisk, saysFull, unmountDisk } from './small-disk.ts';

// What commands write on a disk that is full at whatever page: the successor's first transaction, a backup, and its restore.
const disk = mountDisk(48 * 1024 * 1024, 'test/faults/full-disk-commands.test.ts');
const work = mkdtempSync(join(tmpdir(), 'tianyuan-full-commands-'));
afterAll(() => {
  endAll();
  rmSync(work, { recursive: true, force: true });
  if (disk !== undefined) unmountDisk(disk);
});

/** Every page first, then wider steps: a copy of megabytes fails in the same few calls. */
const nextSpare = (spare: number) => spare + (spare < 20 ? 1 : Math.ceil(spare / 3));

test.skipIf(disk === undefined)(
  'what a successor takes over is all there or not at all, whatever page of it is the one too many',
  () => {
    const heldDir = newOldStore(2001);
    damage(heldDir, 'entries', 0.5);
    suspectStore(heldDir);
    const reopened = reopen(heldDir);
    reopened.take(2001, 10);
    const expected = seqsOf(reopened.store);
    reopened.store.close();
    const dataDir = join(disk!, 'successor');
    let failures = 0;
    for (let spare = 0, failed = true; failed; spare = nextSpare(spare)) {
      failed = false;
      const store = openStore(dataDir);
      const held = openHeldStore(heldDir, origin);
      const { keep, log } = openAll(store);
      const carry = () =>
        keep.together(() => {
          keep.keepOwn('statement', Buffer.from('successor'));
          return held.carryOver(store, log, 0);
        });
      const makeRoom = fillBut(disk!, spare);
      try {
        try {
          carry();
        } catch (error) {
          failed = true;
          failures += 1;
          if (!saysFull(error)) throw error;
          expect(store.sqlite.prepare('SELECT COUNT(*) FROM entries').pluck().get()).toBe(0);
          expect(store.sqlite.prepare('SELECT COUNT(*) FROM devices').pluck().get()).toBe(0);
        }
        makeRoom();
        if (failed) carry();
        expect(seqsOf(store)).toEqual(expected);
      } finally {
        held.close();
        store.close();
        rmSync(dataDir, { recursive: true });
        rmSync(join(disk!, 'filler'), { force: true });
      }
    }
    expect(failures).toBeGreaterThan(20);
  },
  120_000,
);

test.skipIf(disk === undefined)(
  'a backup, and what is made from it, is whole or is not there, and the store goes on',
  async () => {
    const template = join(work, 'template');
    const { store, keep } = openEverything(template);
    writeSetting(store, 'origin', 'full.example/log');
    keep.keep(messages(1, 300));
    loadGatewayKey(template, store);
    store.close();
    const identity = await generateIdentity();
    const recipient = await identityToRecipient(identity);
    const good = join(work, 'good.age');
    await backUp(template, good, { recipient }, 1);

    const dataDir = join(disk!, 'gateway');
    const restored = join(disk!, 'restored');
    const attempts: [name: string, attempt: () => Promise<unknown>, left: () => string[]][] = [
      [
        'backup',
        () => backUp(dataDir, join(disk!, 'backup.age'), { recipient }, 1),
        () => readdirSync(disk!).filter((name) => name.startsWith('backup')),
      ],
      [
        'restore',
        () => restore(good, restored, { identity }),
        () => (existsSync(restored) ? readdirSync(restored) : []),
      ],
    ];
    for (const [name, attempt, left] of attempts) {
      cpSync(template, dataDir, { recursive: true });
      const before = readdirSync(dataDir).toSorted();
      let failures = 0;
      for (let spare = 0, failed = true; failed; spare = nextSpare(spare)) {
        failed = false;
        const makeRoom = fillBut(disk!, spare);
        try {
          await attempt();
        } catch (error) {
          failed = true;
          failures += 1;
          if (!saysFull(error)) throw error;
          expect(left(), `${name} with ${spare} pages left`).toEqual([]);
        } finally {
          makeRoom();
        }
      }
      expect(failures, name).toBeGreaterThan(20);
      expect(left().length).toBeGreaterThan(0);
      expect(readdirSync(dataDir).toSorted()).toEqual(before);
      rmSync(dataDir, { recursive: true });
      rmSync(restored, { recursive: true, force: true });
    }
    onTestFinished(() => rmSync(join(disk!, 'backup.age'), { force: true }));
  },
  120_000,
);
