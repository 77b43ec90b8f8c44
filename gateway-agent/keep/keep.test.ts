import { createHash } from 'node:crypto';
import { decodeEntry, leafHash } from '@tianyuan/protocol';
import { naiveRoot } from '@tianyuan/protocol/vectors/naive-tree.ts';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Verdict } from '../accept/verify-message.ts';
import { openLog } from '../log/log.ts';
import { failInserts, newTestStore, testClock } from '../test-store.ts';
import { openJudge } from '../rules/judge.ts';
import { packReadings } from '../rules/packed-readings.ts';
import { builtInRuleSet } from '../rules/rule-set.ts';
import { type Arrival, openKeep } from './keep.ts';
import { openQuarantine } from './quarantine.ts';
import type { Store } from './store.ts';

function openOn(store: Store, boot = 5) {
  const log = openLog(store);
  const quarantine = openQuarantine(store, 100_000);
  const judge = openJudge(store, () => builtInRuleSet);
  return {
    store,
    log,
    quarantine,
    keep: openKeep(store, log, quarantine, { boot, clock: testClock, judge }),
  };
}

function openTestKeep() {
  const { store, remove } = newTestStore();
  onTestFinished(remove);
  return openOn(store);
}

const noon = testClock.now();
/** in °C: no orange was ever there */
const tooHot = 900_000;

const arrival = (payload: string, verdict: Verdict): Arrival => ({
  device: 'device-1',
  payload: Buffer.from(payload),
  receivedAt: 1_800_000_000_123,
  sinceBootMs: 77,
  verdict,
});

const message = (
  seq: number,
  payload = `message ${seq}`,
  { value = 4_000, ...told }: { keyId?: number; boot?: number; value?: number } = {},
) => {
  const readings = packReadings([{ type: 'temperature', value }]);
  return arrival(payload, { code: 'VERIFIED', keyId: 1, boot: 1, time: noon, readings, ...told, seq });
};

const refused = (payload = 'nonsense') => arrival(payload, { code: 'MALFORMED', detail: 'not JSON' });

type Row = { idx: number; entry: Buffer; payload: Buffer; flags: string | null };
const rowsOf = (store: Store) => store.sqlite.prepare('SELECT * FROM entries ORDER BY idx').all() as Row[];

/** Everything that a commit may change, to compare. */
const stateOf = ({ store, log, quarantine }: ReturnType<typeof openTestKeep>) => ({
  tables: ['entries', 'seen', 'equivocations', 'tiles', 'quarantine', 'refusals', 'device_states'].map(
    (table) => store.sqlite.prepare(`SELECT * FROM ${table}`).all(),
  ),
  size: log.size(),
  root: Buffer.from(log.root()).toString('hex'),
  counts: quarantine.counts(),
});

describe('keep', () => {
  test('logs a message as an entry that commits to its bytes', () => {
    const { keep, store } = openTestKeep();
    expect(keep.keep([message(1)])).toEqual([{ code: 'LOGGED', index: 0 }]);
    const [row] = rowsOf(store);
    expect(row).toMatchObject({ idx: 0, flags: null });
    expect(row!.payload.toString()).toBe('message 1');
    expect(decodeEntry(row!.entry)).toEqual({
      kind: 'message',
      clock: 'synchronised',
      receivedAt: 1_800_000_000_123,
      boot: 5,
      sinceBootMs: 77,
      payloadHash: createHash('sha256').update('message 1').digest(),
    });
  });

  test('keeps the flags of a message', () => {
    const { keep, store } = openTestKeep();
    keep.keep([message(1, 'hot', { value: tooHot })]);
    expect(rowsOf(store)[0]!.flags).toBe('OUT_OF_RANGE');
  });

  test('the same bytes again are a duplicate: in one commit, in the next, after a restart', () => {
    const opened = openTestKeep();
    const codes = (outcomes: { code: string }[]) => outcomes.map(({ code }) => code);
    expect(codes(opened.keep.keep([message(1), message(1)]))).toEqual(['LOGGED', 'DUPLICATE']);
    expect(codes(opened.keep.keep([message(1)]))).toEqual(['DUPLICATE']);
    expect(codes(openOn(opened.store, 6).keep.keep([message(1)]))).toEqual(['DUPLICATE']);
    expect(rowsOf(opened.store)).toHaveLength(1);
    expect(opened.quarantine.counts()).toEqual({ DUPLICATE: 3 });
  });

  test('seq is counted in each boot of each key', () => {
    const { keep, log } = openTestKeep();
    const last = Number.MAX_SAFE_INTEGER;
    keep.keep([
      message(1),
      message(1, 'b', { boot: 2 }),
      message(1, 'c', { keyId: 2 }),
      message(last, 'd', { boot: last }),
    ]);
    expect(log.size()).toBe(4);
    expect(
      keep.keep([message(last, 'd', { boot: last }), message(last - 1, 'e', { boot: last })]),
    ).toMatchObject([{ code: 'DUPLICATE' }, { code: 'LOGGED' }]);
  });

  test('other bytes under a seq that is taken are logged as evidence, once each, and flag the first', () => {
    const { keep, store, quarantine } = openTestKeep();
    keep.keep([message(1, 'first', { value: tooHot }), message(2)]);
    expect(keep.keep([message(1, 'second')])).toEqual([{ code: 'EQUIVOCATION', index: 2 }]);
    expect(
      keep.keep([message(1, 'second'), message(1, 'third'), message(1, 'third'), message(1, 'first')]),
    ).toEqual([
      { code: 'DUPLICATE' },
      { code: 'EQUIVOCATION', index: 3 },
      { code: 'DUPLICATE' },
      { code: 'DUPLICATE' },
    ]);
    const rows = rowsOf(store);
    expect(rows.map(({ entry }) => decodeEntry(entry).kind)).toEqual([
      'message',
      'message',
      'equivocation',
      'equivocation',
    ]);
    expect(rows.map(({ flags }) => flags)).toEqual(['OUT_OF_RANGE,EQUIVOCATION', null, null, null]);
    expect(rows.map(({ payload }) => payload.toString())).toEqual(['first', 'message 2', 'second', 'third']);
    expect(quarantine.counts()).toEqual({ DUPLICATE: 3, EQUIVOCATION: 2 });
  });

  test('a device that two gateways hear is kept by each as it heard it: exactly, and with the gaps that it has there', () => {
    const [near, far] = [openTestKeep(), openTestKeep()];
    const seqs = [1, 2, 3, 4, 5, 6, 7, 8];
    for (const seq of seqs) (seq % 3 === 0 ? far : near).keep.keep([message(seq)]);
    far.keep.keep([message(1)]); // late, over the other link
    const flags = (store: Store) => rowsOf(store).map((row) => row.flags);
    expect(flags(near.store)).toEqual([null, null, 'GAP', null, 'GAP', null]);
    expect(flags(far.store)).toEqual([null, 'GAP', null]);
    // Everything comes again at both, after a restart: each takes what it has not, once, and nobody equivocated.
    for (const { store } of [near, far]) {
      const { keep, log } = openOn(store, 6);
      const before = log.size();
      const outcomes = keep.keep(seqs.map((seq) => message(seq))).map(({ code }) => code);
      expect(outcomes.filter((code) => code === 'LOGGED')).toHaveLength(seqs.length - before);
      expect(outcomes.filter((code) => code === 'DUPLICATE')).toHaveLength(before);
    }
  });

  test('a rotated key counts anew, and the old key’s messages stay known', () => {
    const { keep } = openTestKeep();
    keep.keep([message(1), message(2)]);
    const rotated = { keyId: 2 };
    expect(keep.keep([message(1, 'new 1', rotated), message(2), message(2, 'new 2', rotated)])).toMatchObject(
      [{ code: 'LOGGED' }, { code: 'DUPLICATE' }, { code: 'LOGGED' }],
    );
    expect(keep.keep([message(2, 'other', { keyId: 2 })])).toMatchObject([{ code: 'EQUIVOCATION' }]);
  });

  test('what was refused is counted and quarantined, and has no leaf', () => {
    const { keep, store, log, quarantine } = openTestKeep();
    expect(keep.keep([refused(), message(1), refused('more')])).toEqual([
      { code: 'MALFORMED' },
      { code: 'LOGGED', index: 0 },
      { code: 'MALFORMED' },
    ]);
    expect(log.size()).toBe(1);
    expect(quarantine.counts()).toEqual({ MALFORMED: 2 });
    expect(store.sqlite.prepare('SELECT device, code, detail, payload FROM quarantine').all()).toMatchObject([
      { device: 'device-1', code: 'MALFORMED', detail: 'not JSON', payload: Buffer.from('nonsense') },
      { payload: Buffer.from('more') },
    ]);
  });

  test('an entry of its own stands among the messages', () => {
    const { keep, store } = openTestKeep();
    keep.keep([message(1)]);
    expect(keep.keepOwn('statement', Buffer.from('boot'))).toBe(1);
    expect(decodeEntry(rowsOf(store)[1]!.entry)).toMatchObject({
      kind: 'statement',
      receivedAt: testClock.now(),
      sinceBootMs: 1234,
    });
  });
});

describe('a transaction that fails', () => {
  const arrivals = () => [
    ...Array.from({ length: 300 }, (_, i) => message(100 + i)), // completes a tile
    message(1, 'equivocal'),
    refused(),
    message(2),
  ];

  function openFilled() {
    const opened = openTestKeep();
    opened.keep.keep([message(1), message(2), refused('before')]);
    return opened;
  }

  test.each([
    ['entries', 250],
    ['entries', 300],
    ['tiles', 0],
    ['seen', 299],
    ['equivocations', 0],
    ['quarantine', 0],
    ['device_states', 0],
  ])('keeps nothing, on disk and in memory, when %s refuses row %i', (table, from) => {
    const opened = openFilled();
    const before = stateOf(opened);
    const fault = failInserts(opened.store, table, from);
    expect(() => opened.keep.keep(arrivals())).toThrow('planted fault');
    expect(stateOf(opened)).toEqual(before);
    fault.stop();
    const outcomes = opened.keep.keep(arrivals());
    expect(outcomes[0]).toEqual({ code: 'LOGGED', index: 2, flags: ['GAP'] });
    expect(outcomes.slice(-3).map(({ code }) => code)).toEqual(['EQUIVOCATION', 'MALFORMED', 'DUPLICATE']);
    expect(opened.log.root()).toEqual(naiveRoot(rowsOf(opened.store).map(({ entry }) => leafHash(entry))));
  });

  test('gives the room in quarantine back', () => {
    const opened = openFilled();
    const large = refused('x'.repeat(16_000));
    const fault = failInserts(opened.store, 'entries', 0);
    for (let i = 0; i < 10; i++) expect(() => opened.keep.keep([large, message(3)])).toThrow('planted fault');
    fault.stop();
    opened.keep.keep([large]);
    const kept = opened.store.sqlite.prepare('SELECT LENGTH(payload) FROM quarantine').pluck().all();
    expect(kept).toEqual(['before'.length, 16_000]);
  });

  test('keeps nothing when the disk is full, and goes on when there is room', () => {
    const opened = openFilled();
    const before = stateOf(opened);
    const { sqlite } = opened.store;
    sqlite.pragma(`max_page_count = ${(sqlite.pragma('page_count', { simple: true }) as number) + 3}`);
    expect(() => opened.keep.keep(arrivals())).toThrow(expect.objectContaining({ code: 'SQLITE_FULL' }));
    expect(() => opened.keep.keepOwn('statement', Buffer.alloc(64_000))).toThrow('full');
    expect(stateOf(opened)).toEqual(before);
    sqlite.pragma('max_page_count = 1000000');
    expect(opened.keep.keep(arrivals())[0]).toMatchObject({ code: 'LOGGED', index: 2 });
  });

  test('a log that cannot be read back at once is read back later, never gone on with', () => {
    const opened = openFilled();
    const before = stateOf(opened);
    const fault = failInserts(opened.store, 'entries', 1);
    // Reading fails with writing, as it may on a disk that is going.
    const { sqlite } = opened.store;
    expect(() => opened.keep.keep([message(3), message(4)])).toThrow('planted fault');
    fault.stop();
    sqlite.exec('ALTER TABLE entries RENAME TO unreadable');
    expect(() => opened.log.size()).toThrow('entries');
    expect(() => opened.keep.keep([message(3)])).toThrow('entries');
    sqlite.exec('ALTER TABLE unreadable RENAME TO entries');
    expect(stateOf(opened)).toEqual(before);
    expect(opened.keep.keep([message(3)])).toEqual([{ code: 'LOGGED', index: 2 }]);
  });
});

test('whatever arrives, in whatever commits, some of which fail: each first message is logged once, in order, under the right root', () => {
  const arrivalOf = fc.record({
    seq: fc.integer({ min: 1, max: 12 }),
    version: fc.integer({ min: 0, max: 2 }),
    bad: fc.boolean(),
  });
  const commit = fc.record({ fails: fc.boolean(), arrivals: fc.array(arrivalOf, { maxLength: 12 }) });
  fc.assert(
    fc.property(fc.array(commit, { maxLength: 8 }), (commits) => {
      const { store, remove } = newTestStore();
      try {
        const { keep, log, quarantine } = openOn(store);
        const logged: string[] = [];
        const firstOf = new Map<number, string>();
        let refusals = 0;
        for (const { fails, arrivals } of commits) {
          const list = arrivals.map(({ seq, version, bad }) =>
            bad ? refused() : message(seq, `${seq} v${version}`),
          );
          if (fails) {
            const fault = failInserts(store, 'entries', 0);
            try {
              keep.keep(list);
            } catch {
              fault.stop();
              continue;
            }
            fault.stop();
          } else keep.keep(list);
          for (const { seq, version, bad } of arrivals) {
            const payload = `${seq} v${version}`;
            if (bad || logged.includes(payload)) refusals += 1;
            else {
              logged.push(payload);
              if (firstOf.has(seq))
                refusals += 1; // an equivocation is counted too
              else firstOf.set(seq, payload);
            }
          }
        }
        const rows = rowsOf(store);
        expect(rows.map(({ payload }) => payload.toString())).toEqual(logged);
        expect(log.root()).toEqual(naiveRoot(rows.map(({ entry }) => leafHash(entry))));
        expect(openLog(store).root()).toEqual(log.root());
        expect(Object.values(quarantine.counts()).reduce((sum, count) => sum + count, 0)).toBe(refusals);
      } finally {
        remove();
      }
    }),
    { numRuns: 25 },
  );
});
