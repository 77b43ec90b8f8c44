import type { EventEnvelope } from './event.ts';

/** What a subscriber does with an event. Rejecting asks for it again. */
export type EventHandler = (event: EventEnvelope) => Promise<void>;

/**
 * Brings events from one context to the others, at least once each, those of one publisher in their order as long as
 * nothing fails. Who must not act twice uses `deliverOnce`.
 */
export type EventBus = {
  /**
   * Resolves once the event is safe: stored by the broker, or handled by every subscriber in this process.
   * @throws PlatformError BUS_UNREACHABLE, or SUBSCRIBER_FAILED where there is no broker to ask again
   */
  publish(event: EventEnvelope): Promise<void>;
  /**
   * @param name of the subscriber; processes that give the same name share its events
   * @throws PlatformError BUS_UNREACHABLE
   */
  subscribe(name: string, types: readonly string[], handle: EventHandler): Promise<void>;
  /** Rejects where events cannot be published now. */
  ping(): Promise<void>;
  close(): Promise<void>;
};
