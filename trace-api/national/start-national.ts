import { type Database, type Logger, type MetricsRegistry, openJobs } from '@tianyuan/platform';
import type { Config } from '../config.ts';
import type { Records } from '../records/open-records.ts';
import type { NationalEnvironments } from './environments/environment.ts';
import { readEnvironments } from './environments/environments-file.ts';
import { httpNationalAdapter } from './http-national-adapter.ts';
import { nationalMetrics } from './national-metrics.ts';
import type { EnvironmentHealth, NationalAnswer } from './national-trace-adapter.ts';
import { type NationalSync, startNationalSync } from './sync-jobs.ts';

export type National = {
  want: NationalSync['want'];
  /** for readiness: what is wrong, undefined where nothing is */
  trouble: () => string | undefined;
  close: () => Promise<void>;
};

/** @returns undefined where no national platform is configured. @throws ConfigError */
export function readNationalConfig(config: Config): NationalEnvironments | undefined {
  const { nationalEnvironmentsFile: file } = config;
  return file === undefined ? undefined : readEnvironments(file);
}

/** The adapter, its schedule and what is counted of both. */
export async function startNational(
  environments: NationalEnvironments,
  deps: {
    database: Database;
    records: Records;
    intervalMs: number;
    logger: Logger;
    registry: MetricsRegistry;
  },
): Promise<National> {
  const { database, records, intervalMs, logger, registry } = deps;
  const onAnswer = (answer: NationalAnswer): void => metrics.onAnswer(answer);
  const adapter = httpNationalAdapter(environments, { onAnswer });
  const metrics = nationalMetrics(registry, adapter.health);
  const jobs = await openJobs(database, (error) =>
    logger.warn({ err: error }, 'the queue of jobs is in trouble'),
  );
  const sync = await startNationalSync({
    database,
    records,
    adapter,
    jobs,
    logger,
    intervalMs,
    onRefreshed: metrics.onRefreshed,
  });
  return {
    want: sync.want,
    trouble: () => describeTrouble(adapter.health()),
    async close() {
      await jobs.close();
      await adapter.close();
    },
  };
}

function describeTrouble(health: readonly EnvironmentHealth[]): string | undefined {
  const ill = health.filter(({ state }) => state !== 'healthy');
  if (ill.length === 0) return undefined;
  return ill
    .map(({ environment, state, fault }) => `${environment} is ${state}: ${fault ?? 'not asked yet'}`)
    .join('; ');
}
