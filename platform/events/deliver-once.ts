import { lt } from 'drizzle-orm';
import type { Database, Queries } from '../database/database.ts';
import type { EventEnvelope } from './event.ts';
import type { EventHandler } from './event-bus.ts';
import type { DeliveriesTable } from './outbox-table.ts';

const rememberedMs = 60 * 24 * 3600_000; // twice as long as the bus and the outbox keep events
const sweepEvery = 1_000; // events

/**
 * A handler whose work in the database is done once for each event, however often the bus delivers it: that the event
 * was handled is written in the transaction of the work.
 */
export function deliverOnce(
  database: Database,
  table: DeliveriesTable,
  subscriber: string,
  work: (tx: Queries, event: EventEnvelope) => Promise<void>,
  now: () => number = Date.now,
): EventHandler {
  let handled = 0;
  return async (event) => {
    await database.transaction(async (tx) => {
      const first = await tx
        .insert(table)
        .values({ subscriber, eventId: event.id, at: now() })
        .onConflictDoNothing()
        .returning({ id: table.eventId });
      if (first.length > 0) await work(tx, event);
    });
    handled += 1;
    if (handled % sweepEvery === 0)
      await database.queries.delete(table).where(lt(table.at, now() - rememberedMs));
  };
}
