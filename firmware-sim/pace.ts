import { setTimeout as sleep } from 'node:timers/promises';
import type { Goal } from './goal.ts';
import type { Logger } from './log.ts';
import type { StateDatabase } from './state/state-database.ts';
import type { Signed, Station } from './station.ts';

/** What is due within this time goes into one commit. */
const shortestTickMs = 5;
/** PUBACKs reach the store no later than this; one that a crash forgets is a duplicate, which gateways drop. */
const longestTickMs = 100;
/** A machine that slept for longer goes on from now, instead of making up for it in one burst. */
const longestDelayMs = 1_000;
/** How long a stopping run waits for outstanding PUBACKs. */
const drainMs = 5_000;
const progressMs = 5_000;

/**
 * Lets each station speak `rate` times a second until the goal is reached or the signal aborts, and then waits, within a
 * bound, for what is outstanding on the links that are up.
 */
export async function pace(run: {
  state: StateDatabase;
  stations: readonly Station[];
  goal: Goal;
  rate: number;
  log: Logger;
  signal: AbortSignal;
}): Promise<void> {
  const { state, stations, goal, rate, log, signal } = run;
  const intervalMs = 1000 / rate;
  // Spread over the interval: a fleet that speaks in unison tests nothing but bursts.
  const dueMs = stations.map((_, place) => performance.now() + (intervalMs * place) / stations.length);

  const produceDue = (): Signed[] => {
    const nowMs = performance.now();
    const wallMs = Date.now();
    return stations.flatMap((station, i) => {
      const signed: Signed[] = [];
      if (nowMs - dueMs[i]! > longestDelayMs) dueMs[i] = nowMs;
      while (dueMs[i]! <= nowMs && goal.wantsMore()) {
        signed.push(...station.produce(Math.round(wallMs - (nowMs - dueMs[i]!))));
        dueMs[i]! += intervalMs;
      }
      return signed;
    });
  };
  const commit = (work: () => Signed[]) => {
    const signed = state
      .transaction(() => {
        stations.forEach((station) => station.settle());
        return work();
      })
      .immediate();
    for (const message of signed) log.debug(message, 'signed');
    stations.forEach((station) => station.pump());
  };

  let toldMs = performance.now();
  while (!signal.aborted && !goal.reached()) {
    commit(produceDue);
    if (performance.now() - toldMs >= progressMs) {
      toldMs = performance.now();
      log.info(progress(stations), 'progress');
    }
    const untilNextMs = goal.wantsMore() ? Math.min(...dueMs) - performance.now() : longestTickMs;
    await sleep(Math.max(shortestTickMs, Math.min(longestTickMs, untilNextMs)));
  }

  const deadlineMs = performance.now() + drainMs;
  const outstanding = () => stations.some((station) => station.online && station.waiting() > 0);
  while (outstanding() && performance.now() < deadlineMs) {
    commit(() => []);
    await sleep(shortestTickMs);
  }
}

function progress(
  stations: readonly Station[],
): Record<'sent' | 'acknowledged' | 'waiting' | 'online', number> {
  const rows = stations.map((station) => station.summary());
  const sum = (column: 'sent' | 'acknowledged' | 'waiting') =>
    rows.reduce((total, row) => total + row[column], 0);
  return {
    sent: sum('sent'),
    acknowledged: sum('acknowledged'),
    waiting: sum('waiting'),
    online: stations.filter(({ online }) => online).length,
  };
}
