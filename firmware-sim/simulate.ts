import { readAuthority } from './claim/authority-file.ts';
import { enrol } from './enrol.ts';
import { fleet } from './fleet.ts';
import { type Goal, openGoal } from './goal.ts';
import { troubleLog } from './link/trouble-log.ts';
import type { Logger } from './log.ts';
import { pace } from './pace.ts';
import type { RunOptions } from './run-options.ts';
import { openCounters, startBoot } from './state/device-records.ts';
import { openOutbox } from './state/outbox.ts';
import { takeRunLock } from './state/run-lock.ts';
import { openState, type StateDatabase } from './state/state-database.ts';
import { openStation, type Station } from './station.ts';
import { summarize, type Summary } from './summary.ts';

/** With a faster clock and no start given, the story of the last day is told. */
const dayMs = 86_400_000;

export type Context = {
  log: Logger;
  /** Aborted to stop the run: it waits for what is outstanding, within a bound, says goodbye and resolves. */
  signal: AbortSignal;
};

/**
 * Runs a fleet of devices until its goal is reached or it is told to stop. What is not acknowledged by then stays in the
 * state directory, and the next run sends it first.
 *
 * @throws SimulatorError STATE_LOCKED, STATE_VERSION
 */
export async function simulate(options: RunOptions, context: Context): Promise<Summary> {
  const state = openState(options.state);
  try {
    const release = takeRunLock(options.state);
    try {
      return await runFleet(state, options, context);
    } finally {
      release();
    }
  } finally {
    state.close();
  }
}

async function runFleet(
  state: StateDatabase,
  options: RunOptions,
  { log, signal }: Context,
): Promise<Summary> {
  const startedAt = Date.now();
  const { broker, gateway, seed, rate } = options;
  const { stations, goal } = openFleet(state, options, log, startedAt);
  try {
    await pace({ state, stations, goal, rate, log, signal });
  } finally {
    await Promise.all(stations.map((station) => station.close()));
  }
  // A PUBACK may still have come while the links closed.
  state.transaction(() => stations.forEach((station) => station.settle())).immediate();
  const devices = stations.map((station) => station.summary());
  return summarize({ broker, gateway, seed, startedAt, endedAt: Date.now() }, devices);
}

function openFleet(
  state: StateDatabase,
  options: RunOptions,
  log: Logger,
  startedAt: number,
): { stations: Station[]; goal: Goal } {
  const { broker, gateway } = options;
  const members = fleet(options.profile.fleetKind, options.devices);
  const { created, file } = enrol(state, options.state, members);
  if (created.length > 0)
    log.info({ created, file }, 'new devices have keys: import the file at the gateway');

  const records = state.transaction(() => members.map(({ device }) => startBoot(state, device))).immediate();
  const outbox = openOutbox(state, options.store);
  const leftOver = records.reduce((sum, { id }) => sum + outbox.countGood(id), 0);
  const goal = openGoal(options.messages, leftOver);
  const surroundings = {
    broker,
    gateway,
    enrolmentFile: file,
    authority: readAuthority(options.state),
    outbox,
    counters: openCounters(state),
    goal,
    trouble: troubleLog(log),
    log,
  };
  const setting = {
    ...options,
    profile: options.profile.messages,
    startMs: options.start ?? (options.speed > 1 ? startedAt - dayMs : startedAt),
  };
  const stations = records.map((record, place) =>
    openStation(record, place, startedAt, setting, surroundings),
  );
  log.info({ devices: records.length, broker, gateway, leftOver }, 'started');
  return { stations, goal };
}
