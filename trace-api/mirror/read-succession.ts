import type { Queries } from '@tianyuan/platform';
import { bytesToHex } from '@tianyuan/protocol';
import { and, eq } from 'drizzle-orm';
import { z } from 'zod';
import { logClosures } from '../database/log-closures.ts';
import { anchors, entries } from '../database/schema.ts';

/** That a log takes no more, and which one carries on; ids are 64 hex digits. */
export type Closure = { size: number; successor: string | null };

/**
 * What a log's first entry says of the log that it carries on for. `confirmed`: that one was closed on the chain in favour of
 * this one, at that size and with that root.
 */
export type Continuation = { logId: string; origin: string; size: number; root: string; confirmed: boolean };

const hash = z.string().regex(/^[0-9a-f]{64}$/);
const statementSchema = z.object({
  v: z.literal(1),
  statement: z.literal('successor'),
  predecessor: z.object({ logId: hash, origin: z.string().max(255), size: z.int().min(0), root: hash }),
});

export async function readClosure(queries: Queries, logId: string): Promise<Closure | null> {
  const [row] = await queries.select().from(logClosures).where(eq(logClosures.logId, logId));
  return row === undefined ? null : { size: row.size, successor: row.successor };
}

/** @param log the mirror's number of it */
export async function readContinuation(
  queries: Queries,
  log: { id: number; logId: string },
): Promise<Continuation | null> {
  const [first] = await queries
    .select({ payload: entries.payload })
    .from(entries)
    .where(and(eq(entries.log, log.id), eq(entries.index, 0)));
  const statement = statementSchema.safeParse(parseJson(first?.payload ?? null));
  if (!statement.success) return null;
  const { predecessor } = statement.data;
  const closure = await readClosure(queries, predecessor.logId);
  const confirmed =
    closure !== null &&
    closure.successor === log.logId &&
    closure.size === predecessor.size &&
    predecessor.root === (await readAnchoredRoot(queries, predecessor.logId, closure.size));
  return { ...predecessor, confirmed };
}

/** Zeros for a log that had nothing anchored, as the contract has it. */
async function readAnchoredRoot(queries: Queries, logId: string, size: number): Promise<string | undefined> {
  if (size === 0) return '0'.repeat(64);
  const [anchor] = await queries
    .select({ root: anchors.root })
    .from(anchors)
    .where(and(eq(anchors.logId, logId), eq(anchors.size, size)));
  return anchor && bytesToHex(anchor.root);
}

/** A payload of a kind that is no JSON, or was withheld, says nothing. */
function parseJson(payload: Uint8Array | null): unknown {
  try {
    return payload === null ? undefined : JSON.parse(new TextDecoder().decode(payload));
  } catch {
    return undefined;
  }
}
