import type { Queries } from '@tianyuan/platform';
import {
  type Anchor,
  type ProofBundle,
  assembleCheckpoint,
  bundleType,
  decodeBase64,
  encodeBase64,
  formatTlogProof,
  hashRanges,
  inclusionRanges,
  tilesOf,
} from '@tianyuan/protocol';
import { and, asc, eq, gt, isNotNull } from 'drizzle-orm';
import { anchors, entries, keys } from '../database/schema.ts';
import { type KeyRow, readSubjectKeys } from '../keys/read-keys.ts';
import { readMessage, subjectOf } from '../ingest/examine-entry.ts';
import type { LogRow } from '../mirror/find-log.ts';
import { readTiles } from '../mirror/read-tile.ts';
import { readCosignatures } from '../witnesses/read-cosignatures.ts';
import { readEvidence } from './read-evidence.ts';

type AnchorRow = typeof anchors.$inferSelect;
export type EntryRow = typeof entries.$inferSelect;

export type Proof = { bundle: ProofBundle & { anchor: Anchor } } | { refused: 'NOT_ANCHORED_YET' };

export async function findEntry(queries: Queries, log: LogRow, index: number): Promise<EntryRow | undefined> {
  const [row] = await queries
    .select()
    .from(entries)
    .where(and(eq(entries.log, log.id), eq(entries.index, index)));
  return row;
}

/**
 * A bundle for one entry at the smallest anchored size that covers it, so that the same entry always gets the same
 * bundle, but for what is gathered later: cosignatures and chain evidence. The checkpoint is put together from the anchor: origin, size, root and signature are all there is to it.
 * @param disclose whether the reader may have the payload
 */
export async function buildBundle(
  queries: Queries,
  log: LogRow,
  entry: EntryRow,
  disclose: boolean,
): Promise<Proof> {
  const covering = await findAnchor(queries, log.logId, entry.index);
  if (covering === undefined) return { refused: 'NOT_ANCHORED_YET' };
  const { anchor, logKey } = covering;
  const ranges = inclusionRanges(entry.index, anchor.size);
  const proof = hashRanges(ranges, await readTiles(queries, log, tilesOf(ranges)));
  const head = { origin: log.origin, size: anchor.size, root: anchor.root };
  const cosigned = (await readCosignatures(queries, anchor)).join('');
  const checkpoint = assembleCheckpoint(head, logKey.publicKey, anchor.signature) + cosigned;
  const device = disclose ? await describeDevice(queries, entry) : undefined;
  const keysNamed = [logKey.publicKey, ...(device === undefined ? [] : [decodeBase64(device.publicKey)])];
  const evidence = await readEvidence(queries, anchor, keysNamed);
  return {
    bundle: {
      type: bundleType,
      entry: encodeBase64(entry.entry),
      ...(disclose && entry.payload !== null && { payload: encodeBase64(entry.payload) }),
      tlogProof: formatTlogProof({ index: entry.index, proof, checkpoint }),
      ...(device !== undefined && { device }),
      log: { origin: log.origin, ...describeKey(logKey) },
      anchor: { ...describeAnchor(anchor), ...(evidence !== undefined && { evidence }) },
    },
  };
}

/** The smallest anchored size over the entry that the mirror agrees with and whose signature is the log's. */
async function findAnchor(
  queries: Queries,
  logId: string,
  index: number,
): Promise<{ anchor: AnchorRow; logKey: KeyRow } | undefined> {
  const [row] = await queries
    .select({ anchor: anchors, logKey: keys })
    .from(anchors)
    .innerJoin(keys, eq(keys.id, anchors.key))
    .where(and(eq(anchors.logId, logId), gt(anchors.size, index), anchors.agrees, isNotNull(anchors.key)))
    .orderBy(asc(anchors.size))
    .limit(1);
  return row;
}

/** The key that the message names. Whether its signature fits is for the bundle's verifier to find. */
async function describeDevice(queries: Queries, { payload }: EntryRow): Promise<ProofBundle['device']> {
  const message = payload === null ? undefined : readMessage(payload);
  if (message === undefined) return undefined;
  const key = (await readSubjectKeys(queries, subjectOf(message.device))).find(
    ({ keyNumber }) => keyNumber === message.key,
  );
  return key && { id: message.device, ...describeKey(key) };
}

function describeKey(key: KeyRow) {
  const { transactionHash, blockNumber, eventIndex } = key;
  return {
    key: key.keyNumber,
    publicKey: encodeBase64(key.publicKey),
    enrolment: { transactionHash, blockNumber, logIndex: eventIndex },
  };
}

function describeAnchor(anchor: AnchorRow) {
  const { chainId, contract, transactionHash, blockNumber, blockHash, blockTime, eventIndex } = anchor;
  return { chainId, contract, transactionHash, blockNumber, blockHash, blockTime, logIndex: eventIndex };
}
