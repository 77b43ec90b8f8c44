import type { AlarmBoard } from './alarm-board.ts';
import type { Observation } from './alarm-machine.ts';
import type { ColdChainRule } from './alarm-rules.ts';
import {
  type ColdChainMemory,
  type ColdReading,
  mktOf,
  observeTemperature,
  ruleApplies,
  takeReading,
} from './cold-chain.ts';

/** One sensor under one rule. `heardAt`: monotonic ms of this process when its last reading was folded. */
type Watched = { rule: ColdChainRule; subject: string; memory: ColdChainMemory; heardAt: number };

/** Temperatures under the cold chain rules, and what is remembered of them. */
export type WatchedSensors = {
  take: (reading: ColdReading, sinceBootMs: number, now: number) => void;
  /** what only time tells: a sensor that fell silent while too warm, and the mean kinetic temperature */
  look: (sinceBootMs: number, now: number) => void;
  /** what changed since {@link stored}, by name */
  unsaved: () => [name: string, memory: ColdChainMemory][];
  stored: () => void;
};

/** A farm's sensors times its rules; what a hostile device invents in sensor names ends here. */
const maxWatched = 5_000;

/** @param saved memories by the names that {@link WatchedSensors.unsaved} gave them */
export function watchSensors(
  rules: readonly ColdChainRule[],
  board: AlarmBoard,
  saved: ReadonlyMap<string, ColdChainMemory>,
): WatchedSensors {
  const watched = new Map<string, Watched>();
  const changed = new Set<string>();
  for (const rule of rules) {
    for (const [name, memory] of saved) {
      if (name.startsWith(`${rule.name}/`)) watched.set(name, { rule, subject: name, memory, heardAt: 0 });
    }
  }

  const observe = ({ rule, subject, memory }: Watched, at: number, now: number): void => {
    const timing = { raiseAfterMs: rule.forMs, clearAfterMs: rule.clearAfterMs };
    const saw = observeTemperature(rule, memory.milliC);
    const detail = { milliC: memory.milliC, deviceTime: memory.time, ...limitsOf(rule) };
    board.observe({ kind: 'cold-chain', subject, saw, timing, detail }, at, now);
  };

  return {
    take(reading, sinceBootMs, now) {
      for (const rule of rules) {
        if (!ruleApplies(rule, reading)) continue;
        const subject = [rule.name, reading.device, ...(reading.sensor === '' ? [] : [reading.sensor])].join(
          '/',
        );
        const before = watched.get(subject);
        const memory = takeReading(before?.memory, reading, rule);
        if (memory === undefined || (before === undefined && watched.size >= maxWatched)) continue;
        const taken = { rule, subject, memory, heardAt: sinceBootMs };
        watched.set(subject, taken);
        changed.add(subject);
        observe(taken, reading.time, now);
      }
    },
    look(sinceBootMs, now) {
      for (const one of watched.values()) {
        const { rule, subject, memory, heardAt } = one;
        if (observeTemperature(rule, memory.milliC) === 'bad')
          observe(one, memory.time + (sinceBootMs - heardAt), now);
        const { mktMaxMilliC } = rule;
        const mkt = mktMaxMilliC === undefined ? undefined : mktOf(memory, rule);
        if (mkt === undefined || mktMaxMilliC === undefined) continue;
        const saw: Observation =
          mkt > mktMaxMilliC ? 'bad' : mkt <= mktMaxMilliC - rule.hysteresisMilliC ? 'good' : 'unclear';
        const detail = { mktMilliC: mkt, mktMaxMilliC, windowMs: rule.mktWindowMs };
        const timing = { raiseAfterMs: 0, clearAfterMs: 0 };
        board.observe({ kind: 'mean-kinetic-temperature', subject, saw, timing, detail }, sinceBootMs, now);
      }
      // A rule that is no longer configured has nothing to say any more.
      const isConfigured = (subject: string): boolean =>
        rules.some(({ name }) => subject.startsWith(`${name}/`));
      for (const kind of ['cold-chain', 'mean-kinetic-temperature'] as const)
        board.settleOthers(kind, isConfigured, 0, sinceBootMs, now);
    },
    unsaved: () => [...changed].map((name) => [name, watched.get(name)!.memory]),
    stored: () => changed.clear(),
  };
}

function limitsOf({ maxMilliC, minMilliC, forMs }: ColdChainRule): Record<string, number> {
  return {
    ...(maxMilliC === undefined ? {} : { maxMilliC }),
    ...(minMilliC === undefined ? {} : { minMilliC }),
    forMs,
  };
}
