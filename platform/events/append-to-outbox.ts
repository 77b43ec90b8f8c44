import { randomUUID } from 'node:crypto';
import type { Queries } from '../database/database.ts';
import type { DomainEvent } from './event.ts';
import type { EventRegistry } from './event-registry.ts';
import type { OutboxTable } from './outbox-table.ts';

/**
 * Puts events on their way to the bus, in the transaction that made them happen.
 * @param context.at when it happened, Unix ms
 * @param context.correlationId of the request; without one each event's is its own id
 * @throws PlatformError EVENT_SCHEMA for one that does not fit its registered schema: readers rely on that
 */
export async function appendToOutbox(
  tx: Queries,
  { table, registry }: { table: OutboxTable; registry: EventRegistry },
  events: readonly DomainEvent[],
  context: { at: number; correlationId?: string | undefined },
): Promise<void> {
  if (events.length === 0) return;
  for (const event of events) registry.check(event);
  const rows = events.map(({ type, version, payload }) => {
    const id = randomUUID();
    return { id, type, version, payload, correlationId: context.correlationId ?? id, time: context.at };
  });
  await tx.insert(table).values(rows);
}
