import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Keep } from '../keep/keep.ts';
import type { Store } from '../keep/store.ts';
import { encodeStatement } from '../log/statement.ts';
import { type AlarmChange, type BoardAlarm, newAlarmBoard } from './alarm-board.ts';
import type { AlarmRules } from './alarm-rules.ts';
import { type Look, equivocationShownMs, observeLook } from './conditions.ts';
import { type TailEntry, openLogTail } from './log-tail.ts';
import { newRefusalRate } from './refusal-rate.ts';
import { newLatestReadings } from './latest-readings.ts';
import { type LatestReading, openWatchStore } from './watch-store.ts';
import { watchSensors } from './watched-sensors.ts';

/** A change that is in the log, and where. */
export type LoggedChange = AlarmChange & { index: number };

export type Watch = {
  /** Looks once: reads what was logged since, judges, and stores what changed. Never rejects; a failure is logged. */
  look: () => Promise<void>;
  alarms: () => BoardAlarm[];
  latest: () => LatestReading[];
  /** monotonic ms at which devices were last heard since the start */
  heard: () => ReadonlyMap<string, number>;
};

/** What the watch cannot see in the log. */
export type Surroundings = () => Omit<Look, 'sinceBootMs' | 'wallAheadMs' | 'heard' | 'equivocated'> & {
  devices: readonly string[];
};

/** Where nobody watched before: what is older than this many entries is no news. */
const firstLookEntries = 10_000;
/** What only memory has is written this seldom, to spare an SD card: after a kill it is read from the log again. */
const saveEveryMs = 60_000;
/** A device may be this much ahead of the gateway without one of them being wrong in a way that matters. */
const aheadMs = 5 * 60_000;

/**
 * Follows the gateway's own log and its surroundings, and raises alarms. Everything that a change of an alarm means is in
 * one transaction: its state, its statement in the log, its notice for the webhook, and how far the log was read. So a
 * kill at any moment neither loses an alarm nor raises it twice.
 */
export function openWatch(options: {
  store: Store;
  keep: Pick<Keep, 'keepOwn' | 'together'>;
  rules: AlarmRules;
  surroundings: Surroundings;
  boot: number;
  now: () => number;
  sinceBootMs: () => number;
  logSize: () => number;
  /** inside the transaction */
  onLogged: (change: LoggedChange) => void;
  /** after it */
  onStored: (changes: readonly LoggedChange[]) => void;
  /** told why a look failed */
  onFault?: (error: unknown) => void;
  logger: Logger;
}): Watch {
  const { store, keep, rules, surroundings, boot, now, sinceBootMs, logSize, onLogged, onStored, logger } =
    options;
  const watchStore = openWatchStore(store);
  const readTail = openLogTail(store);
  const board = newAlarmBoard(watchStore.readAlarms());
  const sensors = watchSensors(rules.coldChain, board, watchStore.readMemories());
  const refusedLastHour = newRefusalRate();
  const latest = newLatestReadings(watchStore.readLatest());
  const heard = new Map<string, number>();
  const equivocated = new Set<string>();
  let cursor = watchStore.readCursor() ?? Math.max(0, logSize() - firstLookEntries);
  let savedCursor = cursor;
  let savedAt = sinceBootMs();
  let before: Look | undefined;
  let looking: Promise<void> | undefined;

  function fold({ entry, message }: TailEntry): void {
    if (message === undefined) return;
    const { device } = message;
    // The times of earlier boots were counted from other starts; how long ago they are is not known.
    const heardAt = entry.boot === boot ? entry.sinceBootMs : 0;
    if (entry.boot === boot) heard.set(device, heardAt);
    if (entry.kind === 'equivocation') equivocated.add(device);
    if (entry.kind !== 'message' || !('readings' in message)) return;
    // A device whose clock runs ahead would make every later reading look old: then the time of receipt counts.
    const isAhead = entry.clock !== 'unknown' && message.time > entry.receivedAt + aheadMs;
    const readAt = isAhead ? entry.receivedAt : message.time;
    for (const { sensor = '', type, value, dt = 0 } of message.readings) {
      if (typeof value !== 'number') continue;
      const time = readAt - dt;
      latest.take({ device, sensor, type, value, time, receivedAt: entry.receivedAt });
      if (type === 'temperature') sensors.take({ device, sensor, time, milliC: value }, heardAt, now());
    }
  }

  function judge(): void {
    const at = sinceBootMs();
    const { devices, ...around } = surroundings();
    const look: Look = {
      ...around,
      sinceBootMs: at,
      wallAheadMs: now() - at,
      heard: new Map(devices.map((device) => [device, heard.get(device)])),
      equivocated: new Set(equivocated),
    };
    for (const observed of observeLook(rules, before, look, refusedLastHour(at, look.refused)))
      board.observe(observed, at, now());
    sensors.look(at, now());
    // Who is gone from the register, the configuration or the calibrations has nothing to be alarmed about.
    board.settleOthers('device-silent', (device) => look.heard.has(device), 0, at, now());
    board.settleOthers('link-down', (link) => look.links.has(link), 0, at, now());
    board.settleOthers('calibration-expired', (sensor) => look.expiredCalibrations.has(sensor), 0, at, now());
    board.settleOthers(
      'equivocation',
      (device) => look.equivocated.has(device),
      equivocationShownMs,
      at,
      now(),
    );
    equivocated.clear();
    before = look;
  }

  function save(): LoggedChange[] {
    return keep.together(() => {
      const logged = board.changes().map((change): LoggedChange => {
        const { kind, subject, at, detail } = change;
        const statement = {
          statement: 'alarm',
          change: change.change,
          alarm: kind,
          subject,
          at,
          detail,
        } as const;
        return { ...change, index: keep.keepOwn('statement', encodeStatement(statement)) };
      });
      logged.forEach(onLogged);
      watchStore.write({
        cursor,
        memories: sensors.unsaved(),
        alarms: board.all(),
        ...latest.unsaved(),
      });
      return logged;
    });
  }

  async function lookOnce(): Promise<void> {
    // What is logged meanwhile is for the next look: under load there would be no end, and no alarm.
    const end = logSize();
    while (cursor < end) {
      const entries = readTail(cursor);
      entries.forEach(fold);
      cursor = (entries.at(-1)?.index ?? end - 1) + 1;
      await nextTurn();
    }
    judge();
    const isDue = cursor > savedCursor && sinceBootMs() - savedAt >= saveEveryMs;
    if (!board.isDirty() && !isDue) return;
    const changes = save();
    board.stored();
    sensors.stored();
    latest.stored();
    savedCursor = cursor;
    savedAt = sinceBootMs();
    if (changes.length > 0) onStored(changes);
  }

  return {
    look() {
      looking ??= lookOnce()
        .catch((error: unknown) => {
          options.onFault?.(error);
          logger.error({ err: error }, 'the watch failed and looks again');
        })
        .finally(() => {
          looking = undefined;
        });
      return looking;
    },
    alarms: board.all,
    latest: latest.all,
    heard: () => heard,
  };
}
