import { join } from 'node:path';
import { type Entry, decodeEntry } from '@tianyuan/protocol';
import Database from 'better-sqlite3';

/** A stopped gateway's log as it lies on its disk, read without the agent's own code. */
export type StoredLog = {
  /** the 56 bytes of each entry, in log order */
  entries: Buffer[];
  /** each device's [boot, seq] in the order in which its messages were logged */
  countersByDevice: Map<string, [boot: number, seq: number][]>;
  /** entries that are neither a message nor the gateway's own statement */
  others: Entry['kind'][];
  /** every checkpoint that was ever signed */
  notes: string[];
};

export function readGateway(dataDir: string): StoredLog {
  const db = new Database(join(dataDir, 'gateway.db'), { readonly: true });
  const rows = db.prepare('SELECT entry, payload FROM entries ORDER BY idx').all() as {
    entry: Buffer;
    payload: Buffer;
  }[];
  const notes = db.prepare('SELECT note FROM checkpoints ORDER BY size').pluck().all() as string[];
  db.close();
  const countersByDevice: StoredLog['countersByDevice'] = new Map();
  const others: StoredLog['others'] = [];
  for (const { entry, payload } of rows) {
    const { kind } = decodeEntry(entry);
    if (kind === 'message') {
      const { device, boot, seq } = JSON.parse(payload.toString()) as {
        device: string;
        boot: number;
        seq: number;
      };
      countersByDevice.set(device, [...(countersByDevice.get(device) ?? []), [boot, seq]]);
    } else if (kind !== 'statement') others.push(kind);
  }
  return { entries: rows.map(({ entry }) => entry), countersByDevice, others, notes };
}
