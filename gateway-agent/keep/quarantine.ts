import type { RefusedMessage } from '../accept/verify-message.ts';
import type { Store } from './store.ts';

/** What was refused from a device that we know, kept with the cause for the owner to look at. */
export type Quarantine = {
  /** inside the caller's transaction */
  put: (
    arrival: { device: string; payload: Uint8Array; receivedAt: number },
    refusal: RefusedMessage,
  ) => void;
  /** counts a refusal for ever, inside the caller's transaction */
  count: (code: string) => void;
  /** after a transaction that failed */
  restore: () => void;
  counts: () => Record<string, number>;
  /** messages that are kept now */
  size: () => number;
  /** the newest so many, newest first, without their payloads */
  newest: (limit: number) => QuarantinedMessage[];
  find: (id: number) => (Omit<QuarantinedMessage, 'bytes'> & { payload: Buffer }) | undefined;
  /** takes a message out that went another way */
  remove: (id: number) => void;
};

/** `receivedAt`: the gateway's clock, Unix ms. */
export type QuarantinedMessage = {
  id: number;
  device: string;
  code: string;
  detail: string;
  receivedAt: number;
  /** of the payload, as far as it was kept */
  bytes: number;
};

/** More of one message than this says nothing more about why it was refused. */
const maxPayloadBytes = 16 * 1024;
/** A cause may quote what the device wrote, which has no bound of its own. */
const maxDetailLength = 200;
/** The most that a row needs besides its payload: device 64, code 17, detail 3 x 200, the index and SQLite's own. */
const rowBytes = 1024;

/** @param maxBytes that quarantine takes in the store; the oldest make room */
export function openQuarantine({ sqlite }: Store, maxBytes: number): Quarantine {
  const insert = sqlite.prepare(
    'INSERT INTO quarantine (device, code, detail, payload, received_at) VALUES (?, ?, ?, ?, ?)',
  );
  const selectBytes = sqlite
    .prepare(`SELECT COALESCE(SUM(LENGTH(payload)), 0) + COUNT(*) * ${rowBytes} FROM quarantine`)
    .pluck();
  const selectOldest = sqlite.prepare(
    `SELECT id, LENGTH(payload) + ${rowBytes} AS bytes FROM quarantine ORDER BY id LIMIT 1`,
  );
  const remove = sqlite.prepare('DELETE FROM quarantine WHERE id = ?');
  const countOne = sqlite.prepare(
    'INSERT INTO refusals (code, count) VALUES (?, 1) ON CONFLICT (code) DO UPDATE SET count = count + 1',
  );
  const selectCounts = sqlite.prepare('SELECT code, count FROM refusals ORDER BY code');

  const selectNewest = sqlite.prepare(
    `SELECT id, device, code, detail, received_at AS receivedAt, LENGTH(payload) AS bytes
     FROM quarantine ORDER BY id DESC LIMIT ?`,
  );
  const selectOne = sqlite.prepare(
    'SELECT id, device, code, detail, received_at AS receivedAt, payload FROM quarantine WHERE id = ?',
  );
  const countRows = sqlite.prepare('SELECT COUNT(*) FROM quarantine').pluck();

  // Undefined until it is counted, and again after a transaction that failed.
  let bytes: number | undefined;

  return {
    put({ device, payload, receivedAt }, { code, detail }) {
      bytes ??= selectBytes.get() as number;
      const kept = payload.subarray(0, maxPayloadBytes);
      insert.run(device, code, detail.slice(0, maxDetailLength), kept, receivedAt);
      bytes += kept.length + rowBytes;
      while (bytes > maxBytes) {
        const oldest = selectOldest.get() as { id: number; bytes: number };
        remove.run(oldest.id);
        bytes -= oldest.bytes;
      }
    },
    count: (code) => void countOne.run(code),
    restore() {
      bytes = undefined;
    },
    size: () => countRows.get() as number,
    newest: (limit) => selectNewest.all(limit) as QuarantinedMessage[],
    find: (id) => selectOne.get(id) as ReturnType<Quarantine['find']>,
    remove(id) {
      remove.run(id);
      bytes = undefined;
    },
    counts: () =>
      Object.fromEntries(
        (selectCounts.all() as { code: string; count: number }[]).map((row) => [row.code, row.count]),
      ),
  };
}
