import type { AppendRequest, HubLog } from '@tianyuan/chain';
import type { Queries } from '@tianyuan/platform';
import {
  consistencyRanges,
  edgeRoot,
  equalBytes,
  hashRanges,
  hexToBytes,
  logSignature,
  parseCheckpoint,
  tilesOf,
} from '@tianyuan/protocol';
import { sql } from 'drizzle-orm';
import { anchors, logs } from '../database/schema.ts';
import { readRevocations, readSubjectKeys } from '../keys/read-keys.ts';
import type { LogRow } from '../mirror/find-log.ts';
import { readEdge } from '../mirror/read-edge.ts';
import { readTiles } from '../mirror/read-tile.ts';

/** Why the hub does not anchor a log now. Logs that others anchor are of no concern to it. */
export type Unappendable = 'NOT_OURS' | 'UP_TO_DATE' | 'CLOSED' | 'DIVERGED' | 'UNSIGNED' | 'REVOKED';

/**
 * Logs that have more mirrored than is known to be anchored, the one that has waited longest first, from the one at place
 * `from` on. What the chain says of each is asked of the chain.
 */
export async function findDueLogs(queries: Queries, from: number, atMost: number): Promise<LogRow[]> {
  const anchored = sql`(select max(a.size) from ${anchors} a where a.log_id = ${logs.logId})`;
  const anchoredAt = sql`(select max(a.block_time) from ${anchors} a where a.log_id = ${logs.logId})`;
  return queries
    .select()
    .from(logs)
    .where(sql`${logs.size} > coalesce(${anchored}, 0)`)
    .orderBy(sql`coalesce(${anchoredAt}, 0)`, logs.id)
    .offset(from)
    .limit(atMost);
}

/**
 * The append that takes a log from what the chain has to what the mirror has: the root that the mirror recomputed, under
 * the signature that the gateway gave, with a proof from the mirror's tiles. Whoever sends it, the contract gets the
 * same bytes.
 */
export async function chooseAppend(
  queries: Queries,
  log: LogRow,
  head: HubLog,
): Promise<AppendRequest | Unappendable> {
  if (!head.mayAppend) return 'NOT_OURS';
  if (head.phase !== 'open') return 'CLOSED';
  if (head.size > log.size || (head.size === log.size && !equalBytes(head.root, log.root))) return 'DIVERGED';
  if (head.size === log.size) return 'UP_TO_DATE';
  if (head.size > 0 && !equalBytes(edgeRoot(await readEdge(queries, log.id, head.size)), head.root)) {
    return 'DIVERGED';
  }
  const signed = await readSignature(queries, log);
  if (signed === undefined) return 'UNSIGNED';
  // As an upload would be refused: whoever has the key could have whatever they like anchored.
  const revocation = (await readRevocations(queries, [signed.key], log.logId)).get(signed.key);
  if (revocation !== undefined && log.size > revocation.from) return 'REVOKED';
  const ranges = head.size === 0 ? [] : consistencyRanges(head.size, log.size);
  const proof = hashRanges(ranges, await readTiles(queries, log, tilesOf(ranges)));
  return { logId: hexToBytes(log.logId), size: log.size, root: log.root, proof, signature: signed.signature };
}

/** The log's signature in its newest checkpoint, which was verified when it was uploaded, and the id of its key. */
async function readSignature(
  queries: Queries,
  log: LogRow,
): Promise<{ key: number; signature: Uint8Array } | undefined> {
  const checkpoint = parseCheckpoint(log.checkpoint);
  for (const { id, publicKey } of await readSubjectKeys(queries, log.logId)) {
    const signature = logSignature(checkpoint, publicKey);
    if (signature?.bytes.length === 64) return { key: id, signature: signature.bytes };
  }
  return undefined;
}
