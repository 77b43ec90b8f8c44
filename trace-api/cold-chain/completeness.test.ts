import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Counter, countIntervals, countMessages } from './completeness.ts';

const counters = (boot: number, ...seqs: number[]): Counter[] => seqs.map((seq) => ({ key: 1, boot, seq }));

describe('the messages of a device', () => {
  test('are complete where no counter is left out', () => {
    expect(countMessages(counters(1, 4, 5, 6), [], [])).toEqual({
      logged: 3,
      missing: 0,
      evicted: 0,
      unknownEnds: 0,
      completeMilliPercent: 100_000,
      ranges: [{ key: 1, boot: 1, firstSeq: 4, lastSeq: 6 }],
      holes: [],
    });
  });

  test('are missing inside a boot, and at the begin of a boot that began meanwhile', () => {
    const found = countMessages([...counters(1, 4, 7), ...counters(2, 3)], [], []);
    expect(found).toMatchObject({ logged: 3, missing: 4, unknownEnds: 1, completeMilliPercent: 42_857 });
    expect(found.holes).toEqual([
      { key: 1, boot: 1, firstSeq: 5, lastSeq: 6, evicted: 0 },
      { key: 1, boot: 2, firstSeq: 1, lastSeq: 2, evicted: 0 },
    ]);
  });

  test('that are logged elsewhere, positions for instance, leave no hole', () => {
    expect(countMessages(counters(1, 4, 6), counters(1, 1, 5, 9), [])).toMatchObject({
      logged: 2,
      missing: 0,
    });
  });

  test('that a tombstone names were evicted', () => {
    const lost = [{ key: 1, boot: 1, firstSeq: 1, lastSeq: 6, count: 2 }];
    expect(countMessages(counters(1, 3, 7), [], lost)).toMatchObject({ missing: 1, evicted: 2 });
  });

  test('against counting one by one', () => {
    const seqs = fc.uniqueArray(fc.integer({ min: 1, max: 30 }), { minLength: 1 });
    fc.assert(
      fc.property(
        seqs,
        fc.option(seqs),
        fc.uniqueArray(fc.integer({ min: 1, max: 30 })),
        (one, two, others) => {
          const elsewhere = others.filter((seq) => !one.includes(seq));
          const found = countMessages(
            [...counters(1, ...one), ...counters(2, ...(two ?? []))],
            counters(1, ...elsewhere),
            [],
          );
          let missing = 0;
          for (let seq = Math.min(...one); seq <= Math.max(...one); seq++) {
            if (!one.includes(seq) && !elsewhere.includes(seq)) missing += 1;
          }
          for (let seq = 1; seq <= Math.max(0, ...(two ?? [])); seq++) if (!two!.includes(seq)) missing += 1;
          const logged = one.length + (two?.length ?? 0);
          expect(found).toMatchObject({ logged, missing, unknownEnds: two === null ? 0 : 1 });
          expect(found.completeMilliPercent).toBe(Math.floor((logged / (logged + missing)) * 100_000 + 1e-6));
          expect(found.completeMilliPercent === 100_000).toBe(missing === 0);
          const listed = found.ranges.reduce((sum, range) => sum + range.lastSeq - range.firstSeq + 1, 0);
          expect(listed).toBe(logged);
        },
      ),
    );
  });
});

test('of the intervals in which a device was to report, those count that are over', () => {
  expect(countIntervals([0, 10, 25, 99, 31], { from: 0, until: 39 }, 10)).toEqual({
    expected: 3,
    reported: 3,
    milliPercent: 100_000,
  });
  expect(countIntervals([5], { from: 0, until: 40 }, 10)).toMatchObject({
    expected: 4,
    milliPercent: 25_000,
  });
  expect(countIntervals([], { from: 0, until: 4 }, 10)).toMatchObject({ expected: 0, milliPercent: 0 });
});
