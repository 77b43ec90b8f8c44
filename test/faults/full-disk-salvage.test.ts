import { closeSync, existsSync, mkdirSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { openReserve } from '@tianyuan/gateway-agent/capacity/reserve-file.ts';
import { loadConfig } from '@tianyuan/gateway-agent/config.ts';
import { openKeeping } from '@tianyuan/gateway-agent/keeping.ts';
import { suspectStore } from '@tianyuan/gateway-agent/keep/open-or-salvage.ts';
import { openStore } from '@tianyuan/gateway-agent/keep/store.ts';
import { damage } from '@tianyuan/gateway-agent/keep/test-old-store.ts';
import { openTestLog, testOrigin } from '@tianyuan/gateway-agent/test-log.ts';
import pino from 'pino';
import { afterAll, expect, onTestFinished, test } from 'vitest';
import { mountDisk, unmountDisk } from './small-disk.ts';

const mib = 1024 * 1024;
const disk = mountDisk(64 * mib, 'test/faults/full-disk-salvage.test.ts');
afterAll(() => disk && unmountDisk(disk));

/** Takes the disk but for so much. */
function fillBut(path: string, leftBytes: number): void {
  const descriptor = openSync(join(path, 'filler'), 'w');
  const chunk = Buffer.alloc(64 * 1024, 1);
  const free = () => statfsSync(path).bavail * statfsSync(path).bsize;
  while (free() > leftBytes) writeSync(descriptor, chunk);
  closeSync(descriptor);
}

test.skipIf(disk === undefined)(
  'a salvage that needs more room than the disk has left is begun again with the reserve, and loses nothing',
  async () => {
    const dataDir = join(disk!, 'gateway');
    mkdirSync(dataDir);
    const store = openStore(dataDir);
    const { log, append } = openTestLog(store);
    for (let i = 0; i < 12; i++) append(100, 10_000);
    const { size, root } = { size: log.size(), root: log.root() };
    store.close();
    openReserve(dataDir, 20 * mib).hold(Infinity);
    expect(existsSync(join(dataDir, 'reserve.block'))).toBe(true);
    damage(dataDir, 'seen', 0);
    suspectStore(dataDir);
    // Enough to open the store, so that nothing is given back before, and less than the copy takes.
    fillBut(disk!, 10 * mib);

    const said: string[] = [];
    const logger = pino({ level: 'error' }, { write: (line: string) => void said.push(line) });
    const flags = { gateway: 'gw-1', origin: testOrigin, dataDir };
    const keeping = await openKeeping(loadConfig(undefined, {}, flags), logger);
    onTestFinished(() => {
      keeping.close();
      keeping.store.close();
    });
    expect(said.join('')).toContain('the reserve is given back to start');
    expect(existsSync(join(dataDir, 'reserve.block'))).toBe(false);
    expect(keeping.log.size()).toBe(size);
    expect(Buffer.compare(keeping.log.root(), root)).toBe(0);
  },
  60_000,
);

test.skipIf(disk === undefined)(
  'without a reserve to give it says what to do, and the store stays',
  async () => {
    const dataDir = join(disk!, 'gateway');
    rmSync(join(disk!, 'filler'), { force: true });
    damage(dataDir, 'seen', 0);
    suspectStore(dataDir);
    fillBut(disk!, 2 * mib);
    const flags = { gateway: 'gw-1', origin: testOrigin, dataDir };
    const open = () => openKeeping(loadConfig(undefined, {}, flags), pino({ enabled: false }));
    await expect(open()).rejects.toMatchObject({ code: expect.stringMatching(/SQLITE_FULL|STORE_FAILED/) });
    rmSync(join(disk!, 'filler'));
    const keeping = await open();
    expect(keeping.log.size()).toBe(1200);
    keeping.close();
    keeping.store.close();
  },
);
