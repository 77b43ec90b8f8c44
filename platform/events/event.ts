/**
 * What happened, as every reader of the bus gets it: requirement section 8. `version` is of the type's schema, in
 * decimal; `time` is ISO 8601 in UTC; the members of `payload` are those of the registered schema.
 */
export type EventEnvelope = {
  /** UUID; two deliveries with one id are one event */
  id: string;
  /** such as `Batch.Recalled` */
  type: string;
  version: string;
  /** of the request that made it happen, or the event's own id */
  correlation_id: string;
  time: string;
  payload: Record<string, unknown>;
};

/** What happened, as the code that did it says it. */
export type DomainEvent = { type: string; version: number; payload: Record<string, unknown> };
