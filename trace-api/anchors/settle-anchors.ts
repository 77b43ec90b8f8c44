import type { Queries } from '@tianyuan/platform';
import {
  assembleCheckpoint,
  checkpointText,
  edgeRoot,
  encodeBase64,
  equalBytes,
  utf8ToBytes,
} from '@tianyuan/protocol';
import { and, asc, eq, isNull, lte, sql } from 'drizzle-orm';
import { anchors, logs } from '../database/schema.ts';
import type { VerifySignature } from '../ingest/examine-entry.ts';
import { readSubjectKeys } from '../keys/read-keys.ts';
import type { LogRow } from '../mirror/find-log.ts';
import { readEdge } from '../mirror/read-edge.ts';
import { type Evidence, recordEvidence } from './evidence.ts';

type AnchorRow = typeof anchors.$inferSelect;

const anchorsAtOnce = 100; // of one call; the rest is left to the next, which follows at once

/**
 * Compares anchors with the mirror as soon as it is long enough: the chain's root must be the recomputed one, under the
 * log's signature. Anything else is evidence, and no bundle is ever built on it.
 * @returns what was found that is new
 */
export async function settleAnchors(queries: Queries, verify: VerifySignature): Promise<Evidence[]> {
  const found: Evidence[] = [];
  for (;;) {
    const waiting = await queries
      .select({ anchor: anchors, log: logs })
      .from(anchors)
      .innerJoin(logs, eq(logs.logId, anchors.logId))
      .where(and(isNull(anchors.agrees), lte(anchors.size, logs.size)))
      .orderBy(asc(anchors.size))
      .limit(anchorsAtOnce);
    for (const { anchor, log } of waiting) {
      const evidence = await settleAnchor(queries, anchor, log, verify);
      if (evidence !== undefined && (await recordEvidence(queries, evidence))) found.push(evidence);
    }
    if (waiting.length < anchorsAtOnce) break;
  }
  await markLater(queries);
  return found;
}

/**
 * The contract takes growth only, so what follows another history is another history: it is marked without waiting for the
 * mirror to be that long, which it may never be.
 */
async function markLater(queries: Queries): Promise<void> {
  await queries
    .update(anchors)
    .set({ agrees: false })
    .where(
      and(
        isNull(anchors.agrees),
        // Under a key of the log: a signature that is nobody's says nothing about its history.
        sql`exists (select 1 from trace.anchors earlier where earlier.log_id = trace.anchors.log_id
          and earlier.size < trace.anchors.size and earlier.agrees = false and earlier.key is not null)`,
      ),
    );
}

async function settleAnchor(
  queries: Queries,
  anchor: AnchorRow,
  log: LogRow,
  verify: VerifySignature,
): Promise<Evidence | undefined> {
  const root = edgeRoot(await readEdge(queries, log.id, anchor.size));
  const text = utf8ToBytes(checkpointText({ origin: log.origin, size: anchor.size, root: anchor.root }));
  const keys = await readSubjectKeys(queries, log.logId);
  const signer = keys.find(({ publicKey }) => verify(publicKey, text, anchor.signature));
  const agrees = signer !== undefined && equalBytes(root, anchor.root);
  await queries
    .update(anchors)
    .set({ agrees, key: signer?.id ?? null })
    // The chain may have replaced it meanwhile.
    .where(
      and(
        eq(anchors.logId, anchor.logId),
        eq(anchors.size, anchor.size),
        eq(anchors.blockHash, anchor.blockHash),
      ),
    );
  if (agrees) return undefined;
  const { logId, size, transactionHash, blockNumber } = anchor;
  const subject = `${size}/${encodeBase64(anchor.root)}`;
  const detail = {
    size,
    anchoredRoot: encodeBase64(anchor.root),
    mirroredRoot: encodeBase64(root),
    transactionHash,
    blockNumber,
  };
  if (signer === undefined) {
    const signature = encodeBase64(anchor.signature);
    return { kind: 'ANCHOR_SIGNATURE', logId, subject, detail: { ...detail, signature } };
  }
  const head = { origin: log.origin, size, root: anchor.root };
  const anchored = assembleCheckpoint(head, signer.publicKey, anchor.signature);
  return {
    kind: 'ANCHOR_MISMATCH',
    logId,
    subject,
    detail: { ...detail, anchored, mirrored: log.checkpoint },
  };
}
