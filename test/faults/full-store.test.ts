import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLog } from '@tianyuan/gateway-agent/log/log.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { contentOf, messages, openEverything, refused, rootOf } from './opened-store.ts';
import { writeSites } from './write-sites.ts';

// SQLite itself says SQLITE_FULL at the page that the store may not have, so every page that a write needs is the one
// that is missing once. Of the sites those that need pages; all of them, on a disk: full-disk-writes.test.ts.
const sites = [
  'a commit of messages, that completes tiles',
  'evidence of equivocation',
  'quarantine',
  'a statement',
  'checkpoints, one after the other',
  'notices for the webhook',
  'what the watch knows',
];
let work: string;

beforeAll(() => {
  work = mkdtempSync(join(tmpdir(), 'tianyuan-full-'));
  const { store, keep } = openEverything(join(work, 'template'));
  keep.keep(messages(1, 600));
  keep.keep([refused('before')]);
  store.close();
});
afterAll(() => rmSync(work, { recursive: true, force: true }));

function openCopy() {
  const dataDir = join(work, 'copy');
  rmSync(dataDir, { recursive: true, force: true });
  cpSync(join(work, 'template'), dataDir, { recursive: true });
  return openEverything(dataDir);
}

test.each(sites)(
  '%s: whatever page is the one too many, nothing of it is there, and later all of it, as if there had always been room',
  async (name) => {
    const site = writeSites[name]!;
    const reference = openCopy();
    await site.write(reference, (await site.before?.(reference)) as never);
    const expected = contentOf(reference);
    reference.store.close();

    let failures = 0;
    for (let spare = 0, failed = true; failed; spare++) {
      const opened = openCopy();
      try {
        const { sqlite } = opened.store;
        const context = (await site.before?.(opened)) as never;
        const before = contentOf(opened);
        const pages = sqlite.pragma('page_count', { simple: true }) as number;
        sqlite.pragma(`max_page_count = ${pages + spare}`);
        try {
          await site.write(opened, context);
          failed = false;
        } catch (error) {
          failures += 1;
          expect((error as { code: string }).code).toBe('SQLITE_FULL');
          if (site.steps === undefined) expect(contentOf(opened)).toEqual(before);
          sqlite.pragma('max_page_count = 1000000');
          await site.write(opened, context);
        }
        expect(contentOf(opened)).toEqual(expected);
        expect(opened.log.root()).toEqual(rootOf(opened));
      } finally {
        opened.store.close();
      }
    }
    expect(failures).toBeGreaterThan(0);
  },
);

test('dropping payloads needs no page that the store has not', async () => {
  const { store, dropper, log } = openCopy();
  const run = await dropper.bury(600, 'mirrored');
  const root = log.root();
  const { sqlite } = store;
  sqlite.pragma(`max_page_count = ${sqlite.pragma('page_count', { simple: true }) as number}`);
  await dropper.drop(run!);
  expect(sqlite.prepare('SELECT COUNT(*) FROM entries WHERE payload IS NOT NULL').pluck().get()).toBe(1);
  expect(sqlite.pragma('freelist_count', { simple: true })).toBeGreaterThan(150);
  expect(openLog(store).root()).toEqual(root);
  store.close();
});
