import { asc, eq, lt, sql } from 'drizzle-orm';
import type { Database, Queries } from '../database/database.ts';
import type { Logger } from '../http/logger.ts';
import { PlatformError } from '../platform-error.ts';
import type { EventEnvelope } from './event.ts';
import type { EventBus } from './event-bus.ts';
import { type OutboxTable, isWaiting } from './outbox-table.ts';

export type OutboxDispatcher = {
  /** Publishes what waits, in its order, up to the first that fails; resolves with whether nothing waits any more. */
  dispatch: () => Promise<boolean>;
  /** Something was written: dispatch soon. */
  nudge: () => void;
  /** resolves when the signal has stopped it, and what was under way is done */
  run: (signal: AbortSignal) => Promise<void>;
};

const batchSize = 100; // events read at once, some 100 KB
const everyMs = 1_000; // for what another process on the same database wrote
const longestPauseMs = 60_000;
/** A subscriber that refused an event this often will not take it; those behind it shall not wait for ever. */
const mostRefusals = 10;
const keptMs = 30 * 24 * 3600_000; // published events stay a month, to be looked at

/**
 * Brings events from the outbox to the bus, each at least once: one that was published and not yet marked when the
 * process ended is published again under the same id. So it is when two processes share a database.
 */
export function outboxDispatcher(options: {
  database: Database;
  table: OutboxTable;
  bus: EventBus;
  logger: Logger;
  now?: () => number;
}): OutboxDispatcher {
  const { database, table, bus, logger, now = Date.now } = options;
  const { queries } = database;
  let wake: () => void = () => {};

  async function dispatch(): Promise<boolean> {
    for (;;) {
      const rows = await readWaiting(queries, table);
      for (const row of rows) {
        if (!(await publish(row))) return false;
      }
      if (rows.length < batchSize) return true;
    }
  }

  /** Outside any transaction: a subscriber has its own, and PGlite only one at a time. */
  async function publish(row: OutboxRow): Promise<boolean> {
    try {
      await bus.publish(envelopeOf(row));
      await queries.update(table).set({ publishedAt: now() }).where(eq(table.position, row.position));
      return true;
    } catch (error) {
      if (!(error instanceof PlatformError) || error.code !== 'SUBSCRIBER_FAILED') throw error;
      const refusals = row.refusals + 1;
      const event = { eventId: row.id, type: row.type, refusals };
      const failure = refusals < mostRefusals ? null : error.message;
      await queries.update(table).set({ refusals, failure }).where(eq(table.position, row.position));
      if (failure === null) logger.warn({ err: error, ...event }, 'an event was refused and comes again');
      else logger.error({ alarm: true, err: error, ...event }, 'ALARM: an event was given up');
      return failure !== null;
    }
  }

  return {
    dispatch,
    nudge: () => wake(),
    async run(signal) {
      signal.addEventListener('abort', () => wake());
      let failures = 0;
      while (!signal.aborted) {
        const nudged = new Promise<void>((resolve) => (wake = resolve));
        const done = await dispatch().catch((error) => {
          logger.warn({ err: error }, 'publishing events failed and will be tried again');
          return false;
        });
        if (signal.aborted) return;
        failures = done ? 0 : failures + 1;
        if (done) await sweep(queries, table, now() - keptMs);
        const timer = setTimeout(() => wake(), Math.min(everyMs * 2 ** failures, longestPauseMs));
        await nudged;
        clearTimeout(timer);
      }
    },
  };
}

type OutboxRow = OutboxTable['$inferSelect'];

function readWaiting(queries: Queries, table: OutboxTable): Promise<OutboxRow[]> {
  return queries.select().from(table).where(isWaiting(table)).orderBy(asc(table.position)).limit(batchSize);
}

async function sweep(queries: Queries, table: OutboxTable, before: number): Promise<void> {
  await queries.delete(table).where(lt(table.publishedAt, sql`${before}::int8`));
}

function envelopeOf({ id, type, version, correlationId, time, payload }: OutboxRow): EventEnvelope {
  return {
    id,
    type,
    version: String(version),
    correlation_id: correlationId,
    time: new Date(time).toISOString(),
    payload,
  };
}
