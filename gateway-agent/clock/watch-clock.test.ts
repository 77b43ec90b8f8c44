import { describe, expect, test } from 'vitest';
import type { SyncReading } from './time-source.ts';
import { watchClock } from './watch-clock.ts';

const minute = 60_000;
const day = 24 * 60 * minute;

/** Clocks that this test turns, and a system that says what it is told to. */
function newBench(wallMs: number) {
  const clocks = {
    wall: wallMs,
    monotonic: 0,
    reading: undefined as SyncReading | undefined,
    diskFull: false,
  };
  const said: object[] = [];
  const watch = watchClock({
    source: { name: 'test', read: () => Promise.resolve(clocks.reading) },
    holdoverMs: day,
    wall: () => clocks.wall,
    monotonic: () => clocks.monotonic,
    say(statement) {
      if (clocks.diskFull) throw new Error('disk full');
      said.push(statement);
    },
  });
  const pass = async (ms: number, jumpMs = 0) => {
    clocks.monotonic += ms;
    clocks.wall += ms + jumpMs;
    await watch.look();
  };
  return { clocks, said, watch, pass };
}

describe('a watched clock', () => {
  test('of a gateway that booted in 1970 is unknown, jumps to today, and is synchronised', async () => {
    const { clocks, said, watch, pass } = newBench(12_000);
    await watch.look();
    watch.start();
    watch.close();
    expect(watch.state()).toBe('unknown');
    await pass(minute);
    expect(said).toEqual([]);
    clocks.reading = { synchronised: true, ageMs: 0 };
    await pass(minute, 1_800_000_000_000);
    expect(watch.state()).toBe('synchronised');
    expect(said).toEqual([
      { statement: 'clock-jump', jumps: 1, movedMs: 1_800_000_000_000, clock: 'synchronised' },
      { statement: 'clock', clock: 'synchronised', source: 'test' },
    ]);
  });

  test('goes to holdover and to unknown, and each is said once', async () => {
    const { clocks, said, watch, pass } = newBench(1_800_000_000_000);
    clocks.reading = { synchronised: true, ageMs: 0 };
    await watch.look();
    watch.start();
    watch.close();
    clocks.reading = { synchronised: false };
    for (let i = 0; i < 50; i++) await pass(30 * minute);
    expect(said).toEqual([
      { statement: 'clock', clock: 'holdover', source: 'test' },
      { statement: 'clock', clock: 'unknown', source: 'test' },
    ]);
  });

  test('in holdover that jumps is unknown at once: nobody vouches for where it went', async () => {
    const { clocks, watch, pass } = newBench(1_800_000_000_000);
    clocks.reading = { synchronised: true, ageMs: 0 };
    await watch.look();
    clocks.reading = undefined;
    await pass(minute);
    expect(watch.state()).toBe('holdover');
    await pass(1_000, -5_000);
    expect(watch.state()).toBe('unknown');
  });

  test('that jumps all the time is said once a minute, with how often and how far', async () => {
    const { said, watch, pass } = newBench(1_800_000_000_000);
    await watch.look();
    watch.start();
    watch.close();
    for (let i = 0; i < 120; i++) await pass(1_000, i % 2 ? 2_000 : -5_000);
    expect(said).toMatchObject([
      { statement: 'clock-jump', jumps: 1, movedMs: -5_000 },
      { statement: 'clock-jump', jumps: 60, movedMs: expect.any(Number) },
    ]);
  });

  test('what could not be kept is said at the next look', async () => {
    const { clocks, said, watch, pass } = newBench(1_800_000_000_000);
    await watch.look();
    watch.start();
    watch.close();
    clocks.diskFull = true;
    await expect(pass(1_000, 9_000)).rejects.toThrow('disk full');
    clocks.diskFull = false;
    await pass(1_000);
    expect(said).toMatchObject([{ statement: 'clock-jump', jumps: 1, movedMs: 9_000 }]);
  });
});
