import type { Alert, MonitorState } from './monitor-state.ts';

/** Raised once for its kind, log and subject. @returns whether it is new */
export function raise(state: MonitorState, alert: Omit<Alert, 'since' | 'until'>, nowMs: number): boolean {
  const known = state.alerts.some(
    ({ kind, logId, subject, until }) =>
      kind === alert.kind && logId === alert.logId && subject === alert.subject && until === undefined,
  );
  if (known) return false;
  state.alerts.push({ ...alert, since: nowMs });
  if (state.alerts.length > maxAlerts) {
    const over = state.alerts.findIndex(({ until }) => until !== undefined);
    if (over >= 0) state.alerts.splice(over, 1);
  }
  return true;
}

/** A condition that has ended. */
export function clear(state: MonitorState, kind: Alert['kind'], logId: string, nowMs: number): void {
  for (const alert of state.alerts) {
    if (alert.kind === kind && alert.logId === logId && alert.until === undefined) alert.until = nowMs;
  }
}

/** Of those that are over the oldest is forgotten first; what lasts is never forgotten. */
const maxAlerts = 10_000;
