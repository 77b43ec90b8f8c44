import type { TrustPolicy } from '@tianyuan/protocol';
import { type PublicLog, publicLog } from './public-log.ts';
import type { TraceSource } from './trace-source.ts';

/** What an inspection goes by, the same for all its lots. */
export type Inspection = {
  source: TraceSource;
  /** the inspector's own, with their own node */
  policy: TrustPolicy;
  seed: string;
  /** bundles of each lot that are verified by themselves, besides the first and the last of each key in each log */
  bundlesALot: number;
  /** how long a block may take to become final for the inspector once the page says that it is */
  patienceMs: number;
  signal: AbortSignal;
  logOf: (logId: string) => PublicLog;
};

export function newInspection(settings: Omit<Inspection, 'logOf'>): Inspection {
  const logs = new Map<string, PublicLog>();
  return {
    ...settings,
    logOf(logId) {
      const known = logs.get(logId) ?? publicLog(settings.source, logId);
      logs.set(logId, known);
      return known;
    },
  };
}
