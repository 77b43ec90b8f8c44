import type { Publication } from '../faults/fault.ts';
import type { StateDatabase } from './state-database.ts';

export type StoredPublication = Publication & { id: number };

export type Outbox = {
  /**
   * Appends to the end of a device's queue. When it is full, the oldest that was not sent yet makes room, as in a ring.
   * @param sentId what the link has been handed already; a message in flight cannot be called back
   * @returns what was overwritten
   */
  add: (device: string, publication: Publication, sentId: number) => Pick<Publication, 'fault'>[];
  /** The next ones of a device after `id`, oldest first. */
  after: (device: string, id: number, limit: number) => StoredPublication[];
  remove: (device: string, id: number) => void;
  waiting: (device: string) => number;
  /** Those among a device's waiting messages that are good. Counted row by row: for the start, not for every message. */
  countGood: (device: string) => number;
};

/**
 * The devices' offline store: every message goes through it, with the link up or down, and leaves it after its PUBACK.
 * There is one way only, and it is the way that survives `kill -9`.
 *
 * Our own table rather than MQTT.js's store: that one keeps packets by packet identifier, without an order over a restart
 * and without a bound, and cannot commit a message together with the counter that it used.
 *
 * Only the process that holds the run lock may open it, since it counts in memory.
 *
 * @param bound messages a device; what it cannot keep it overwrites, oldest first, as a data logger does
 */
export function openOutbox(state: StateDatabase, bound: number): Outbox {
  const insert = state.prepare<[string, string | null, Uint8Array]>(
    'INSERT INTO outbox (device, fault, payload) VALUES (?, ?, ?)',
  );
  const overwrite = state.prepare<[string, number, number], Pick<Publication, 'fault'>>(
    `DELETE FROM outbox WHERE id IN (SELECT id FROM outbox WHERE device = ? AND id > ? ORDER BY id LIMIT ?)
     RETURNING fault`,
  );
  const after = state.prepare<[string, number, number], StoredPublication>(
    'SELECT id, fault, payload FROM outbox WHERE device = ? AND id > ? ORDER BY id LIMIT ?',
  );
  const remove = state.prepare<[number]>('DELETE FROM outbox WHERE id = ?');
  const countGood = state.prepare<[string], { n: number }>(
    'SELECT count(*) AS n FROM outbox WHERE device = ? AND fault IS NULL',
  );
  const counts = new Map(
    state
      .prepare<[], { device: string; n: number }>('SELECT device, count(*) AS n FROM outbox GROUP BY device')
      .all()
      .map(({ device, n }) => [device, n]),
  );
  const waiting = (device: string) => counts.get(device) ?? 0;
  const count = (device: string, by: number) => counts.set(device, waiting(device) + by);

  return {
    add: (device, { payload, fault }, sentId) => {
      insert.run(device, fault, payload);
      count(device, 1);
      const excess = waiting(device) - bound;
      if (excess <= 0) return [];
      const overwritten = overwrite.all(device, sentId, excess);
      count(device, -overwritten.length);
      return overwritten;
    },
    after: (device, id, limit) => after.all(device, id, limit),
    remove: (device, id) => {
      count(device, -remove.run(id).changes);
    },
    waiting,
    countGood: (device) => countGood.get(device)!.n,
  };
}
