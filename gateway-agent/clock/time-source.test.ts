import { utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { newTestDirectory } from '../test-store.ts';
import { chooseSource, firstOf } from './choose-source.ts';
import { parseTracking } from './chrony-source.ts';
import { timesyncdSource } from './timesyncd-source.ts';

function testDirectory(): string {
  const { path, remove } = newTestDirectory();
  onTestFinished(remove);
  return path;
}

describe('timesyncd', () => {
  test('is as old as its marker was last touched', async () => {
    const file = join(testDirectory(), 'synchronized');
    const source = timesyncdSource(() => 1_800_000_600_000, file);
    expect(await source.read()).toBeUndefined();
    writeFileSync(file, '');
    utimesSync(file, 1_800_000_000, 1_800_000_000);
    expect(await source.read()).toEqual({ synchronised: true, ageMs: 600_000 });
    utimesSync(file, 1_900_000_000, 1_900_000_000); // touched before the clock went back
    expect(await source.read()).toEqual({ synchronised: false });
  });
});

describe('chrony', () => {
  const tracking = (reference: string, leap: string) =>
    `${reference},192.0.2.1,3,1800000000.250000000,0.000012,-0.000003,0.000021,-12.345,0.001,0.042,0.0123,0.0011,1024.3,${leap}\n`;

  test('is as old as its last update', () => {
    expect(parseTracking(tracking('C0000201', 'Normal'), 1_800_000_010_250)).toEqual({
      synchronised: true,
      ageMs: 10_000,
    });
    expect(parseTracking(tracking('C0000201', 'Insert second'), 1_800_000_000_000)).toEqual({
      synchronised: true,
      ageMs: 0,
    });
  });

  test('does not vouch for a clock that was set to before its last update', () => {
    expect(parseTracking(tracking('C0000201', 'Normal'), 1_700_000_000_000)).toEqual({ synchronised: false });
  });

  test('that has no server, or only itself, vouches for nothing', () => {
    expect(parseTracking(tracking('00000000', 'Not synchronised'), 0)).toEqual({ synchronised: false });
    expect(parseTracking(tracking('7F7F0101', 'Normal'), 0)).toEqual({ synchronised: false });
    expect(parseTracking('506 Cannot talk to daemon\n', 0)).toBeUndefined();
  });
});

describe('the source', () => {
  const says = (name: string, reading: { synchronised: boolean } | undefined) => ({
    name,
    read: () => Promise.resolve(reading),
  });

  test('is the first that vouches; one that does not is no answer for the next', async () => {
    const [yes, no, nothing] = [
      says('a', { synchronised: true }),
      says('b', { synchronised: false }),
      says('c', undefined),
    ];
    expect(await firstOf([nothing, no, yes]).read()).toEqual({ synchronised: true });
    expect(await firstOf([nothing, no]).read()).toEqual({ synchronised: false });
    expect(await firstOf([nothing]).read()).toBeUndefined();
  });

  test('is whatever this machine has, or the owner’s word', async () => {
    expect(await chooseSource('trusted').read()).toEqual({ synchronised: true, ageMs: 0 });
    expect(await chooseSource('none').read()).toBeUndefined();
    for (const setting of ['auto', 'timesyncd', 'chrony', 'kernel'] as const) {
      const reading = await chooseSource(setting).read();
      expect([true, false, undefined]).toContain(reading?.synchronised);
    }
  });
});
