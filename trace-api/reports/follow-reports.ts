import { setTimeout as delay } from 'node:timers/promises';
import type { Database, EventBus, Logger } from '@tianyuan/platform';
import type { Records } from '../records/open-records.ts';
import { openCases, sweepMissingFiles } from './open-cases.ts';

const sweepEveryMs = 3600_000; // a file is missing after a week: an hour more is nothing

/** Compares every report with the trace once it is logged, and again once its inside is declared. */
export async function subscribeToReports(
  bus: EventBus,
  deps: { database: Database; records: Records },
): Promise<void> {
  await bus.subscribe('trace-open-cases', ['Report.Recorded', 'Report.Read'], async ({ type, payload }) => {
    const index = payload[type === 'Report.Read' ? 'report_index' : 'record_index'] as number;
    // What was opened already is not opened again, so an event may come any number of times.
    await openCases(deps, index, Date.now());
  });
}

/** Looks for files that never came, until the signal aborts. */
export async function runFileSweep(
  deps: { database: Database; records: Records },
  logger: Logger,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await sweepMissingFiles(deps, Date.now()).catch((error) =>
      logger.warn({ err: error }, 'looking for missing report files failed and will be tried again'),
    );
    await delay(sweepEveryMs, undefined, { signal }).catch(() => {});
  }
}
