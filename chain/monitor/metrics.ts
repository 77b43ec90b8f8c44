import { Gauge, Registry } from 'prom-client';
import { alertKinds } from './monitor-state.ts';
import type { MonitorReport } from './report.ts';

/** The report as Prometheus gauges. */
export function monitorMetrics(): { registry: Registry; show: (report: MonitorReport) => void } {
  const registry = new Registry();
  const gauge = (name: string, help: string, labelNames: string[] = []): Gauge =>
    new Gauge({ name, help, labelNames, registers: [registry] });
  const block = gauge('monitor_block_number', 'Newest block that was followed');
  const rounds = gauge('monitor_last_round_timestamp_seconds', 'When everything was last looked at');
  const served = gauge('monitor_log_served_size', 'Entries that are served and were recomputed', ['log']);
  const anchored = gauge('monitor_log_anchored_size', 'Entries that are anchored', ['log']);
  const verified = gauge('monitor_log_verified_size', 'Entries under the newest anchor that was recomputed', [
    'log',
  ]);
  const alerts = gauge('monitor_alerts', 'Alerts that last, by kind', ['kind']);
  return {
    registry,
    show(report) {
      block.set(report.blockNumber ?? 0);
      rounds.set(report.at / 1000);
      for (const metric of [served, anchored, verified]) metric.reset();
      for (const one of report.logs) {
        const log = one.origin ?? one.logId;
        served.set({ log }, one.servedSize);
        anchored.set({ log }, one.anchoredSize);
        verified.set({ log }, one.verifiedSize);
      }
      for (const kind of alertKinds) {
        const lasting = report.alerts.filter((alert) => alert.kind === kind && alert.until === undefined);
        alerts.set({ kind }, lasting.length);
      }
    },
  };
}
