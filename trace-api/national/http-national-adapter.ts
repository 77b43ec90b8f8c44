import {
  BrokenCircuitError,
  CircuitState,
  ConsecutiveBreaker,
  ExponentialBackoff,
  circuitBreaker,
  handleWhenResult,
  retry,
} from 'cockatiel';
import { chooseEnvironment } from './environments/choose-environment.ts';
import type { NationalEnvironment, NationalEnvironments } from './environments/environment.ts';
import { type NationalFault, isOutage, isWorthRetrying } from './fault.ts';
import type { EnvironmentHealth, NationalAnswer, NationalTraceAdapter } from './national-trace-adapter.ts';
import { platformClient } from './platform/platform-client.ts';

export type AdapterOptions = {
  now?: () => number;
  /** of the first retry; the second waits twice as long */
  retryMs?: number;
  /** told of every answer of an environment, also of those that a fallback replaced */
  onAnswer?: (answer: NationalAnswer) => void;
};

/** Twice again: a packet that was lost, a process that was just restarted. More is the schedule's business. */
const retries = 2;
/** In a row, each after its retries. */
const failuresThatOpen = 3;
const openForMs = 30_000;

/** {@link NationalTraceAdapter} over HTTP, each environment behind a circuit breaker of its own. */
export function httpNationalAdapter(
  config: NationalEnvironments,
  options: AdapterOptions = {},
): NationalTraceAdapter {
  const guarded = new Map(config.environments.map((one) => [one.name, guardedEnvironment(one, options)]));
  return {
    async fetchRecord(traceCode) {
      const chosen = chooseEnvironment(config, traceCode);
      const answer = await guarded.get(chosen)!.fetchRecord(traceCode);
      options.onAnswer?.(answer);
      const isOut = answer.state === 'fault' && isOutage[answer.fault];
      if (!isOut || !config.fallBack || chosen === config.primary) return answer;
      const second = await guarded.get(config.primary)!.fetchRecord(traceCode);
      options.onAnswer?.(second);
      return second;
    },
    async probe() {
      return Promise.all([...guarded.values()].map((one) => one.probe()));
    },
    health: () => [...guarded.values()].map((one) => one.health()),
    async close() {
      await Promise.all([...guarded.values()].map((one) => one.close()));
    },
  };
}

function guardedEnvironment(
  environment: NationalEnvironment,
  { now = Date.now, retryMs = 200 }: AdapterOptions,
) {
  const client = platformClient(environment, now);
  let last: NationalFault | undefined;
  const faultOf = (result: unknown) => {
    const answer = result as NationalAnswer;
    return answer.state === 'fault' ? answer.fault : undefined;
  };
  const isFault = (table: Record<NationalFault, boolean>) => (result: unknown) => {
    const fault = faultOf(result);
    return fault !== undefined && table[fault];
  };
  const again = retry(handleWhenResult(isFault(isWorthRetrying)), {
    maxAttempts: retries,
    backoff: new ExponentialBackoff({ initialDelay: retryMs, maxDelay: 2 * retryMs }),
  });
  const circuit = circuitBreaker(handleWhenResult(isFault(isOutage)), {
    halfOpenAfter: openForMs,
    breaker: new ConsecutiveBreaker(failuresThatOpen),
  });

  function health(): EnvironmentHealth {
    const isOpen = circuit.state === CircuitState.Open || circuit.state === CircuitState.Isolated;
    const state = isOpen ? 'open' : last === undefined ? 'healthy' : 'failing';
    return { environment: environment.name, state, fault: last, skewMs: client.skewMs() };
  }

  return {
    health,
    async fetchRecord(traceCode: string): Promise<NationalAnswer> {
      try {
        // The circuit is the outer one: a call with its retries counts once.
        const answer = await circuit.execute(() => again.execute(() => client.fetchRecord(traceCode)));
        const fault = faultOf(answer);
        last = fault !== undefined && isOutage[fault] ? fault : undefined;
        return answer;
      } catch (error) {
        if (!(error instanceof BrokenCircuitError)) throw error;
        const detail = `not asked: it failed ${failuresThatOpen} times in a row, last by ${last}`;
        const { name, mapping } = environment;
        return {
          environment: name,
          mapping,
          state: 'fault',
          fault: 'unavailable',
          detail,
          response: undefined,
        };
      }
    },
    async probe(): Promise<EnvironmentHealth> {
      const fault = await client.ping();
      if (fault !== undefined) last = fault;
      else if (circuit.state === CircuitState.Closed) last = undefined;
      return health();
    },
    close: client.close,
  };
}
