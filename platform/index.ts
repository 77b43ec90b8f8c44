export { PlatformError, type PlatformErrorCode } from './platform-error.ts';

export { bulk, bytes, isAnyOf } from './database/bulk.ts';
export { bytea } from './database/bytea.ts';
export type { Database, DatabaseKind, Migrations, Queries } from './database/database.ts';
export { idempotencyStore, idempotencyTable, noteWritten } from './database/idempotency-store.ts';
export { openDatabase } from './database/open-database.ts';

export { type Jobs, openJobs } from './jobs/open-jobs.ts';

export { appendToOutbox } from './events/append-to-outbox.ts';
export { deliverOnce } from './events/deliver-once.ts';
export { type OutboxDispatcher, outboxDispatcher } from './events/dispatch-outbox.ts';
export type { DomainEvent, EventEnvelope } from './events/event.ts';
export type { EventBus, EventHandler } from './events/event-bus.ts';
export {
  type EventDefinition,
  type EventRegistry,
  type RegisteredEvent,
  eventRegistry,
} from './events/event-registry.ts';
export { inProcessBus } from './events/in-process-bus.ts';
export { natsBus } from './events/nats-bus.ts';
export { deliveriesTable, outboxTable } from './events/outbox-table.ts';

export { acceptVersion } from './http/accept-version.ts';
export { currentCorrelationId } from './http/correlation.ts';
export { type ReadinessCheck, healthRoutes } from './http/health.ts';
export { type IdempotencyStore, type StoredAnswer, idempotency } from './http/idempotency.ts';
export {
  Counter,
  Gauge,
  type MetricsRegistry,
  measureRequests,
  metricsRoute,
  newMetricsRegistry,
} from './http/metrics.ts';
export { type ProblemDocument, ProblemError, type ProblemKind, problem } from './http/problem.ts';
export { type RequestIds, requestIds } from './http/request-ids.ts';
export { type LogLevel, type Logger, newLogger } from './http/logger.ts';
export { requestLog } from './http/request-log.ts';
export { securityHeaders } from './http/security-headers.ts';
export { type HttpServer, serve } from './http/server.ts';
