import { Counter, Gauge, type MetricsRegistry } from '@tianyuan/platform';
import type { EnvironmentHealth, NationalAnswer } from './national-trace-adapter.ts';
import type { Refreshed } from './refresh-batch.ts';

/** What is counted of the national platform. */
export function nationalMetrics(registry: MetricsRegistry, health: () => EnvironmentHealth[]) {
  const answers = new Counter({
    name: 'trace_national_answers_total',
    help: 'Questions to the national platform by environment and outcome: record, or the class of the fault',
    labelNames: ['environment', 'outcome'],
    registers: [registry],
  });
  const refreshes = new Counter({
    name: 'trace_national_refreshes_total',
    help: 'Refreshes of a batch by outcome; `changed` is a record that says something else than before and wants a person',
    labelNames: ['outcome'],
    registers: [registry],
  });
  new Gauge({
    name: 'trace_national_environment_up',
    help: '1 while an environment of the national platform answers, 0 while it fails or its circuit is open',
    labelNames: ['environment'],
    registers: [registry],
    collect() {
      for (const { environment, state } of health()) this.set({ environment }, state === 'healthy' ? 1 : 0);
    },
  });
  return {
    onAnswer: (answer: NationalAnswer) =>
      answers.inc({
        environment: answer.environment,
        outcome: answer.state === 'fault' ? answer.fault : 'record',
      }),
    onRefreshed: ({ outcome }: Refreshed) => refreshes.inc({ outcome }),
  };
}
