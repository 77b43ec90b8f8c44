import { cpSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type OpenedStore, contentOf, messages, openEverything, refused, rootOf } from './opened-store.ts';
import { fillBut, mountDisk, saysFull, unmountDisk } from './small-disk.ts';
import { type WriteSite, elsewhere, now, writeSites } from './write-sites.ts';

// Every write of a store in WAL mode grows its write-ahead log, so that a disk with room for n pages more meets SQLITE_FULL
// at every page of every write, for n from 0 on.
const disk = mountDisk(48 * 1024 * 1024, 'test/faults/full-disk-writes.test.ts');
const agent = fileURLToPath(new URL('../../gateway-agent', import.meta.url));
let work: string;
let template: string;

beforeAll(() => {
  work = mkdtempSync(join(tmpdir(), 'tianyuan-full-'));
  template = join(work, 'template');
  const { store, keep } = openEverything(template);
  keep.keep(messages(1, 600));
  keep.keep([refused('before')]);
  store.close();
  vi.spyOn(Date, 'now').mockReturnValue(now);
  vi.spyOn(process.stdout, 'write').mockReturnValue(true); // what commands say
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
});
afterAll(() => {
  vi.restoreAllMocks();
  rmSync(work, { recursive: true, force: true });
  if (disk !== undefined) unmountDisk(disk);
});

async function openCopy(dataDir: string, { before }: WriteSite): Promise<[OpenedStore, never]> {
  cpSync(template, dataDir, { recursive: true });
  const opened = openEverything(dataDir);
  return [opened, (await before?.(opened)) as never];
}

test.skipIf(disk === undefined).each(Object.keys(writeSites))(
  '%s: whatever page is the one too many, it is said, and with room again all is as if the disk had never been full',
  async (name) => {
    const site = writeSites[name]!;
    const [reference, itsContext] = await openCopy(join(work, 'reference'), site);
    await site.write(reference, itsContext);
    const expected = contentOf(reference);
    reference.store.close();
    rmSync(join(work, 'reference'), { recursive: true });

    const dataDir = join(disk!, 'gateway');
    let failures = 0;
    for (let spare = 0, failed = true; failed; spare += failures < 20 ? 1 : 19) {
      failed = false;
      const [opened, context] = await openCopy(dataDir, site);
      const before = contentOf(opened);
      const makeRoom = fillBut(disk!, spare);
      try {
        try {
          await site.write(opened, context);
        } catch (error) {
          failed = true;
          failures += 1;
          if (!saysFull(error)) throw error;
          if (site.steps === undefined) expect(contentOf(opened)).toEqual(before);
        }
        makeRoom();
        if (failed) await site.write(opened, context);
        expect(contentOf(opened)).toEqual(expected);
        expect(opened.log.root()).toEqual(rootOf(opened));
      } finally {
        opened.store.close();
        rmSync(dataDir, { recursive: true });
        rmSync(join(disk!, 'filler'), { force: true });
      }
    }
    expect(failures).toBeGreaterThan(0);
  },
);

test('every file of the gateway that writes to its store has a site here, or is tried elsewhere', () => {
  const writes =
    /\b(INSERT (OR \w+ )?INTO|UPDATE (OR \w+ )?\w+ (AS k )?SET|DELETE FROM)\b|\.insert\(\w+\)|\.update\(\w+\)\s|\btx\.delete\(/;
  const writers = globSync('**/*.ts', { cwd: agent })
    .filter((file) => !/\.test\.ts$|(^|\/)test-|^node_modules/.test(file))
    .filter((file) => writes.test(readFileSync(join(agent, file), 'utf8')));
  const known = new Set([...Object.values(writeSites).flatMap((site) => site.of), ...Object.keys(elsewhere)]);
  expect(writers.filter((file) => !known.has(file))).toEqual([]);
  expect(Object.keys(elsewhere).filter((file) => !writers.includes(file))).toEqual([]);
});
