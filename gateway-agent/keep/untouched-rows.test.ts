import fc from 'fast-check';
import { expect, test } from 'vitest';
import { watchClock } from '../clock/watch-clock.ts';
import type { Clock } from '../log/clock.ts';
import { openLog } from '../log/log.ts';
import { encodeStatement } from '../log/statement.ts';
import { openJudge } from '../rules/judge.ts';
import { packReadings } from '../rules/packed-readings.ts';
import { isRefusal, parseRuleFile } from '../rules/rule-file.ts';
import { builtInRuleSet } from '../rules/rule-set.ts';
import { newTestDirectory } from '../test-store.ts';
import { openKeep } from './keep.ts';
import { openQuarantine } from './quarantine.ts';
import { type Store, openStore } from './store.ts';

const parsed = parseRuleFile(
  'version: 1\nmaxAheadMinutes: 1\nquantities: { temperature: { range: [0, 1] } }\n',
);
if (isRefusal(parsed)) throw new Error('the rules of this test are wrong');
const strictRules = parsed;

/** What may happen to a gateway between two messages; none of it is about what is stored. */
const event = fc.oneof(
  fc.record({
    kind: fc.constant('messages' as const),
    seqs: fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 6 }),
  }),
  fc.record({
    kind: fc.constant('restart' as const),
    strict: fc.boolean(),
    quarantineBytes: fc.constantFrom(2_000, 100_000),
  }),
  fc.record({
    kind: fc.constant('clock jump' as const),
    toMs: fc.constantFrom(0, 5_000, 1_800_000_000_000, 4_000_000_000_000),
  }),
  fc.record({ kind: fc.constant('garbage' as const) }),
);

const rowsOf = ({ sqlite }: Store) => ({
  entries: sqlite.prepare('SELECT idx, hex(entry) || hex(payload) FROM entries ORDER BY idx').raw().all(),
  seen: sqlite.prepare('SELECT idx, key_id, boot, seq FROM seen ORDER BY idx').raw().all(),
  tiles: sqlite.prepare('SELECT level, idx, hex(hashes) FROM tiles ORDER BY level, idx').raw().all(),
});

test('whatever happens to configuration, connections, process and clock: rows that were stored are never touched', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(event, { maxLength: 14 }), async (events) => {
      const { path, remove } = newTestDirectory();
      let wallMs = 1_800_000_000_000;
      let monotonicMs = 0;
      let store = openStore(path);
      try {
        let boot = 0;
        const open = (strict: boolean, quarantineBytes: number) => {
          boot += 1;
          const watch = watchClock({
            source: { name: 'test', read: () => Promise.resolve(undefined) },
            holdoverMs: 1000,
            wall: () => wallMs,
            monotonic: () => monotonicMs,
            say: (statement) => void keep.keepOwn('statement', encodeStatement(statement)),
          });
          const clock: Clock = { now: () => wallMs, sinceBootMs: () => monotonicMs, state: watch.state };
          const judge = openJudge(store, () => (strict ? strictRules : builtInRuleSet));
          const quarantine = openQuarantine(store, quarantineBytes);
          const keep = openKeep(store, openLog(store), quarantine, { boot, clock, judge });
          watch.start();
          watch.close();
          return { keep, watch };
        };
        let agent = open(false, 100_000);
        const arrival = (payload: string, verdict: Parameters<typeof agent.keep.keep>[0][0]['verdict']) => ({
          device: 'd',
          payload: Buffer.from(payload),
          receivedAt: wallMs,
          sinceBootMs: monotonicMs,
          verdict,
        });
        for (const one of events) {
          const before = rowsOf(store);
          monotonicMs += 2_000;
          wallMs += 2_000;
          if (one.kind === 'messages') {
            const readings = packReadings([{ type: 'temperature', value: 4_000 }]);
            agent.keep.keep(
              one.seqs.map((seq) =>
                arrival(`${seq}`, { code: 'VERIFIED', keyId: 1, boot: 1, seq, time: wallMs, readings }),
              ),
            );
          } else if (one.kind === 'restart') {
            store.close();
            store = openStore(path);
            agent = open(one.strict, one.quarantineBytes);
          } else if (one.kind === 'clock jump') {
            wallMs = one.toMs;
            await agent.watch.look();
          } else agent.keep.keep([arrival('x'.repeat(1000), { code: 'MALFORMED', detail: 'not JSON' })]);
          const after = rowsOf(store);
          for (const table of ['entries', 'seen', 'tiles'] as const) {
            expect(after[table].slice(0, before[table].length)).toEqual(before[table]);
          }
        }
      } finally {
        store.close();
        remove();
      }
    }),
    { numRuns: 20 },
  );
});
