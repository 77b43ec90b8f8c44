import type { Alert, MonitorState } from './monitor-state.ts';

/** What a monitor found, for programs; `alerts` that are over have `until`. */
export type MonitorReport = {
  /** Unix ms */
  at: number;
  blockNumber: number | undefined;
  verdict: 'ok' | 'alert';
  logs: {
    logId: string;
    origin: string | undefined;
    closed: boolean;
    /** the newest size that was served and recomputed, that is anchored, and whose anchor was recomputed */
    servedSize: number;
    anchoredSize: number;
    verifiedSize: number;
    anchorsVerified: number;
    grewAt: number;
    alerts: number;
  }[];
  alerts: Alert[];
};

export function reportOf(state: MonitorState, nowMs: number): MonitorReport {
  const lasting = state.alerts.filter(({ until }) => until === undefined);
  return {
    at: nowMs,
    blockNumber: state.cursor?.recent[0]?.number,
    verdict: lasting.length === 0 ? 'ok' : 'alert',
    logs: Object.entries(state.logs).map(([logId, log]) => ({
      logId,
      origin: log.origin,
      closed: log.closed,
      servedSize: log.tip.size,
      anchoredSize: log.anchors.at(-1)?.size ?? 0,
      verifiedSize: log.anchors.findLast(({ verified }) => verified)?.size ?? 0,
      anchorsVerified: log.anchorsVerified,
      grewAt: log.grewAt,
      alerts: lasting.filter((alert) => alert.logId === logId).length,
    })),
    alerts: state.alerts,
  };
}
