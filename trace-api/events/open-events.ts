import {
  type Database,
  type EventBus,
  type Logger,
  type Queries,
  appendToOutbox,
  currentCorrelationId,
  inProcessBus,
  natsBus,
  outboxDispatcher,
} from '@tianyuan/platform';
import { outbox } from '../database/schema.ts';
import type { DomainEvent, Recorded } from '../records/recorded.ts';
import { traceEvents } from './trace-events.ts';

export type TraceEvents = {
  bus: EventBus;
  /** Puts events on their way, in the transaction that made them happen. */
  publish: (tx: Queries, events: readonly DomainEvent[], record: Pick<Recorded, 'at'>) => Promise<void>;
  /** Brings what waits to the bus until it is stopped. */
  run: (signal: AbortSignal) => Promise<void>;
  /** Brings what waits to the bus, once; whether nothing waits any more. */
  dispatch: () => Promise<boolean>;
};

/**
 * The bus that events of this service go to.
 * @param config.natsUrl a NATS server with JetStream; without one the bus is this process
 * @throws PlatformError BUS_UNREACHABLE
 */
export async function openBus(config: { natsUrl: string | undefined; logger: Logger }): Promise<EventBus> {
  const { natsUrl, logger } = config;
  return natsUrl === undefined ? inProcessBus() : natsBus({ servers: natsUrl, logger });
}

/** The events of this service: its outbox, and the bus that it is emptied onto. */
export function openEvents(database: Database, bus: EventBus, logger: Logger): TraceEvents {
  const dispatcher = outboxDispatcher({ database, table: outbox, bus, logger });
  return {
    bus,
    run: dispatcher.run,
    dispatch: dispatcher.dispatch,
    async publish(tx, events, { at }) {
      const context = { at, correlationId: currentCorrelationId() };
      await appendToOutbox(tx, { table: outbox, registry: traceEvents }, events, context);
      // Too early by the length of a transaction at times; the dispatcher looks again within a second.
      if (events.length > 0) setImmediate(dispatcher.nudge);
    },
  };
}
