import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Arrival, openKeep } from '@tianyuan/gateway-agent/keep/keep.ts';
import { openQuarantine } from '@tianyuan/gateway-agent/keep/quarantine.ts';
import { openStore } from '@tianyuan/gateway-agent/keep/store.ts';
import { systemClock } from '@tianyuan/gateway-agent/log/clock.ts';
import { openLog } from '@tianyuan/gateway-agent/log/log.ts';
import { openJudge } from '@tianyuan/gateway-agent/rules/judge.ts';
import { packReadings } from '@tianyuan/gateway-agent/rules/packed-readings.ts';
import { builtInRuleSet } from '@tianyuan/gateway-agent/rules/rule-set.ts';
import { type Bench, must, quantile, row } from './bench-row.ts';

/** A one-reading message of the JSON profile, and 20 devices as in `ingest`. */
const payloadBytes = 270;
const deviceCount = 20;
const commitMessages = 100;

export const keep: Bench = {
  name: 'keep',
  about:
    'what commits of 100 verified messages cost with and without validity rules, and what a message takes on disk',
  async *run() {
    for (const total of [20_000, 200_000]) {
      const withRules = openOne(true);
      const without = openOne(false);
      try {
        // Alternating, since the machine's speed drifts by more than the rules cost; the median, since syncs have tails.
        for (let i = 0; i < total; i += commitMessages) {
          for (const one of i % (2 * commitMessages) === 0 ? [withRules, without] : [without, withRules])
            one.commit(i);
        }
        yield row(
          {
            bench: 'keep',
            size: `${total} messages, rules on against off`,
            figure: withRules.microseconds(),
            unit: 'us/message',
            baseline: without.microseconds(),
            target: '',
          },
          () => true,
        );
        yield row(
          {
            bench: 'keep',
            size: `${total} messages, disk beyond payload`,
            figure: withRules.overheadBytes(total),
            unit: 'bytes',
            baseline: 150,
            target: '<= payload + 150',
          },
          (ratio) => ratio <= 1,
        );
      } finally {
        withRules.close();
        without.close();
      }
    }
  },
};

function openOne(withRules: boolean) {
  const dir = mkdtempSync(join(tmpdir(), 'tianyuan-bench-keep-'));
  const store = openStore(dir);
  const log = openLog(store);
  const judge = openJudge(store, () => builtInRuleSet);
  const kept = openKeep(store, log, openQuarantine(store, 1_000_000), {
    boot: 1,
    clock: systemClock(),
    ...(withRules && { judge }),
  });
  const commitMs: number[] = [];
  return {
    commit(from: number) {
      const arrivals = Array.from({ length: commitMessages }, (_, j) => arrivalOf(from + j));
      const start = performance.now();
      kept.keep(arrivals);
      commitMs.push(performance.now() - start);
    },
    microseconds: () => (quantile(commitMs, 0.5) * 1000) / commitMessages,
    overheadBytes(total: number) {
      must(log.size() === total, `${log.size()} of ${total} messages are in the log`);
      store.sqlite.pragma('wal_checkpoint(TRUNCATE)');
      return statSync(join(dir, 'gateway.db')).size / total - payloadBytes;
    },
    close() {
      store.close();
      rmSync(dir, { recursive: true });
    },
  };
}

function arrivalOf(n: number): Arrival {
  const seq = Math.floor(n / deviceCount) + 1;
  const time = Date.UTC(2026, 0, 1) + seq * 60_000;
  return {
    device: `bench-${n % deviceCount}`,
    payload: Buffer.from(`${n} `.padEnd(payloadBytes, 'x')),
    receivedAt: time,
    sinceBootMs: n,
    verdict: {
      code: 'VERIFIED',
      keyId: 1 + (n % deviceCount),
      boot: 1,
      seq,
      time,
      readings: packReadings([{ type: 'temperature', value: 4_000 + (seq % 500) }]),
    },
  };
}
