import type { Store } from '../keep/store.ts';

/**
 * A key that the registry taught and has taken back: its chain went back, or another registry is followed. It counts for
 * nothing. `k` is its row in `device_keys`.
 */
const isOrphan = `k.source = 'registry' AND NOT EXISTS (
  SELECT 1 FROM registry_events e WHERE e.public_key = k.public_key AND e.kind = 'enrolled')`;

/** What is not in a query's `device_keys k`. */
export const isNoOrphan = `NOT (${isOrphan})`;

/**
 * Takes the number away from every orphan, so that the key that really has it finds its place: a negative number is nobody's.
 * Its row stays where messages or the owner's word hang on it; the others go the next time, since a message may be on its
 * way that was verified by it, and the number of a row that is gone is given to the next one.
 * A key that the registry shows again gets its number back.
 * @returns the prepared step, for the caller's transaction; it tells how many rows it changed
 */
export function prepareFreeing(sqlite: Store['sqlite']): () => number {
  const remove = sqlite.prepare(
    `DELETE FROM device_keys AS k WHERE k.key < 0 AND ${isOrphan} AND NOT k.revoked AND k.last_boot IS NULL
       AND NOT EXISTS (SELECT 1 FROM seen s WHERE s.key_id = k.id)`,
  );
  const park = sqlite.prepare(`UPDATE device_keys AS k SET key = -k.id WHERE k.key > 0 AND ${isOrphan}`);
  const give = sqlite.prepare(
    `UPDATE OR IGNORE device_keys AS k SET key = (
       SELECT e.key FROM registry_events e WHERE e.public_key = k.public_key AND e.kind = 'enrolled')
     WHERE k.key < 0 AND NOT (${isOrphan})`,
  );
  return () => remove.run().changes + park.run().changes + give.run().changes;
}
