import { withCorrelation } from '../http/correlation.ts';
import { PlatformError } from '../platform-error.ts';
import type { EventBus, EventHandler } from './event-bus.ts';

type Subscription = { name: string; types: ReadonlySet<string>; handle: EventHandler };

/**
 * The bus of a platform that is one process: subscribers are called one after the other, and an event is published once
 * all of them have handled it. It keeps nothing: what was not handled comes again from the outbox. Two processes that
 * share a database need a broker, or an event reaches the subscribers of one of them only.
 */
export function inProcessBus(): EventBus {
  const subscriptions: Subscription[] = [];
  return {
    async publish(event) {
      for (const { name, types, handle } of subscriptions) {
        if (!types.has(event.type)) continue;
        try {
          await withCorrelation(event.correlation_id, () => handle(event));
        } catch (cause) {
          throw new PlatformError(
            'SUBSCRIBER_FAILED',
            `${name} did not take ${event.type} ${event.id}: ${(cause as Error).message}`,
            { cause },
          );
        }
      }
    },
    subscribe: async (name, types, handle) =>
      void subscriptions.push({ name, types: new Set(types), handle }),
    ping: () => Promise.resolve(),
    close: () => Promise.resolve(void subscriptions.splice(0)),
  };
}
