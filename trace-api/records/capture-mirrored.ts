import type { Database, Queries } from '@tianyuan/platform';
import { type Message, bytesToHex, decodeEntry, logIdHex } from '@tianyuan/protocol';
import { and, asc, eq, ne } from 'drizzle-orm';
import { z } from 'zod';
import { captures, capturesDue, entries, logs } from '../database/schema.ts';
import { readMessage } from '../ingest/examine-entry.ts';
import type { Captured, Records } from './open-records.ts';

/** The statement by which the platform's log takes up a message that a gateway logged, or says why it does not count. */
export const captureSchema = z.strictObject({
  logId: z.string().regex(/^[0-9a-f]{64}$/),
  index: z.int().min(0),
  /** SHA-256 of the message */
  payload: z.string().regex(/^[0-9a-f]{64}$/),
  /** name of the refusal */
  refused: z.string().max(64).optional(),
});

const atOnce = 100;

/**
 * Takes up the events, bindings and reports that gateways logged, in the order of each log. What the platform's rules
 * refuse is logged as refused: the message stays true, and counts for nothing.
 */
export async function captureMirrored(database: Database, records: Records): Promise<void> {
  const own = logIdHex(records.origin);
  const due = await database.queries
    .select({ log: capturesDue.log, index: capturesDue.index, logId: logs.logId })
    .from(capturesDue)
    .innerJoin(logs, eq(logs.id, capturesDue.log))
    .where(ne(logs.logId, own))
    .orderBy(asc(capturesDue.log), asc(capturesDue.index))
    .limit(atOnce);
  for (const place of due) {
    await database.transaction(async (tx) => {
      const source = await readSource(tx, place.logId, place.index);
      if (source !== undefined) await records.capture(tx, source);
      await tx
        .delete(capturesDue)
        .where(and(eq(capturesDue.log, place.log), eq(capturesDue.index, place.index)));
    });
  }
}

/** The message that a capture names, as it counts now: undefined where it does not verify any more, or is gone. */
export async function readSource(
  tx: Queries,
  logId: string,
  index: number,
): Promise<(Captured & { message: Message }) | undefined> {
  const [row] = await tx
    .select({ entry: entries.entry, payload: entries.payload, verified: entries.verified })
    .from(entries)
    .innerJoin(logs, eq(logs.id, entries.log))
    .where(and(eq(logs.logId, logId), eq(entries.index, index)));
  if (row === undefined || !row.verified || row.payload === null) return undefined;
  const message = readMessage(row.payload);
  const payload = bytesToHex(decodeEntry(row.entry).payloadHash);
  return message && { message, logId, index, payload };
}

/** That a record stands for a message of a gateway's log, and whether that counted when it was projected. */
export async function noteCapture(
  tx: Queries,
  atIndex: number,
  { logId, index }: Pick<Captured, 'logId' | 'index'>,
  taken: boolean,
): Promise<void> {
  const [log] = await tx.select({ id: logs.id }).from(logs).where(eq(logs.logId, logId));
  if (log !== undefined) await tx.insert(captures).values({ atIndex, log: log.id, index, taken });
}
