import { alarmKinds, type AlarmDetail, type AlarmKind } from './alarm-kinds.ts';
import { type Alarm, stepAlarm } from './alarm-machine.ts';
import type { Observed } from './conditions.ts';

/** An alarm that is not quiet. `raisedAt` is the gateway's clock, Unix ms, once it was raised. */
export type BoardAlarm = Alarm & {
  kind: AlarmKind;
  subject: string;
  raisedAt: number | undefined;
  detail: AlarmDetail;
};

/** A raise or a clear: what is logged, posted and published. */
export type AlarmChange = {
  change: 'raised' | 'cleared';
  kind: AlarmKind;
  subject: string;
  /** the gateway's clock, Unix ms */
  at: number;
  detail: AlarmDetail;
};

/** All alarms by name, in memory; the store has a copy. */
export type AlarmBoard = {
  /** @param at on the alarm's own clock @param now the gateway's clock, Unix ms */
  observe: (observed: Observed, at: number, now: number) => void;
  /** alarms of this kind whose subject is not among these see that it is over */
  settleOthers: (
    kind: AlarmKind,
    isObserved: (subject: string) => boolean,
    clearAfterMs: number,
    at: number,
    now: number,
  ) => void;
  all: () => BoardAlarm[];
  /** what changed since it was last taken */
  changes: () => readonly AlarmChange[];
  /** whether anything is to be stored */
  isDirty: () => boolean;
  /** what was stored is forgotten as a change */
  stored: () => void;
};

/** The rest is told by the next look: an alarm that flaps faster than the store takes it has nothing more to say. */
const maxChanges = 1_000;

const nameOf = (kind: AlarmKind, subject: string): string => `${kind}/${subject}`;

/**
 * @param stored what the store had. The process's clock began anew, so what was pending on it begins anew, and what was
 *   clearing is raised until it is seen to be over again.
 */
export function newAlarmBoard(stored: readonly BoardAlarm[]): AlarmBoard {
  const alarms = new Map<string, BoardAlarm>();
  for (const alarm of stored) {
    const onDeviceClock = alarmKinds[alarm.kind].clock === 'device';
    if (!onDeviceClock && alarm.state === 'pending') continue;
    const state = !onDeviceClock && alarm.state === 'clearing' ? 'raised' : alarm.state;
    alarms.set(nameOf(alarm.kind, alarm.subject), {
      ...alarm,
      state,
      since: onDeviceClock ? alarm.since : 0,
    });
  }
  let changes: AlarmChange[] = [];
  let dirty = false;

  const board: AlarmBoard = {
    observe({ kind, subject, saw, timing, detail }, at, now) {
      const name = nameOf(kind, subject);
      const before = alarms.get(name);
      const { alarm, effect } = stepAlarm(before ?? { state: 'quiet', since: at }, saw, at, timing);
      if (alarm.state === 'quiet') {
        if (alarms.delete(name)) dirty = true;
      } else {
        if (before?.state !== alarm.state) dirty = true;
        const raisedAt = effect === 'raised' ? now : before?.raisedAt;
        // What raised it is worth more than what was seen when it was nearly over.
        alarms.set(name, {
          ...alarm,
          kind,
          subject,
          raisedAt,
          detail: saw === 'bad' || before === undefined ? detail : before.detail,
        });
      }
      if (effect !== undefined && changes.length < maxChanges)
        changes.push({ change: effect, kind, subject, at: now, detail });
    },
    settleOthers(kind, isObserved, clearAfterMs, at, now) {
      const timing = { raiseAfterMs: 0, clearAfterMs };
      for (const { kind: of, subject } of board.all()) {
        if (of === kind && !isObserved(subject))
          board.observe({ kind, subject, saw: 'good', timing, detail: {} }, at, now);
      }
    },
    all: () => [...alarms.values()],
    changes: () => changes,
    isDirty: () => dirty || changes.length > 0,
    stored() {
      changes = [];
      dirty = false;
    },
  };
  return board;
}
