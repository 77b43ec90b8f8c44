import { AsyncLocalStorage } from 'node:async_hooks';

const current = new AsyncLocalStorage<string>();

/** Does work as part of a business transaction: events that it makes happen carry this id. */
export function withCorrelation<T>(correlationId: string, work: () => T): T {
  return current.run(correlationId, work);
}

/** The `X-Correlation-ID` of the request, or the `correlation_id` of the event, that is being worked on. */
export function currentCorrelationId(): string | undefined {
  return current.getStore();
}
