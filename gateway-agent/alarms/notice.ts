import { type AlarmKind, alarmKinds } from './alarm-kinds.ts';
import type { LoggedChange } from './watch.ts';

/** What is posted and published of a change, one JSON text for both. Times are ISO 8601 in UTC and Unix ms. */
export function encodeNotice(
  { gateway, origin }: { gateway: string; origin: string },
  { change, kind, subject, at, detail, index }: LoggedChange,
): string {
  const { severity, title }: (typeof alarmKinds)[AlarmKind] = alarmKinds[kind];
  return JSON.stringify({
    type: `alarm.${change}`,
    timestamp: new Date(at).toISOString(),
    // The entry of the gateway's log that says the same: evidence.
    data: { gateway, origin, alarm: kind, subject, severity, title, at, detail, entry: index },
  });
}
