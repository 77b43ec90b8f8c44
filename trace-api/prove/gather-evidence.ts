import {
  type AnchorEvidence,
  ChainError,
  type ChainNode,
  type Deployment,
  type FinalityRule,
  collectEvidence,
  isPassing,
  proveKey,
  proveRegistry,
} from '@tianyuan/chain';
import type { Logger, Queries } from '@tianyuan/platform';
import { type Validators, cliqueMajority, encodeBase64, evidenceSchema } from '@tianyuan/protocol';
import { and, asc, desc, eq, gte, isNotNull, isNull, lt } from 'drizzle-orm';
import { anchorEvidence, anchors, entries, keys, logs, registryProofs } from '../database/schema.ts';

type AnchorRow = typeof anchors.$inferSelect;
type Key = { publicKey: Uint8Array };

/** Of one call: each takes a few questions to the node, and the next call follows within a second. */
const anchorsAtOnce = 20;

export type Gathering = {
  queries: Queries;
  node: ChainNode;
  deployment: Deployment;
  finality: FinalityRule;
  validators: Validators | undefined;
  logger: Logger;
};

/**
 * Fetches and keeps what proves each final anchor with no node to ask: a node forgets old states, and one day it is gone.
 * What it does not give any more, the keys' records of a state that it has pruned, is left out for good.
 */
export async function gatherEvidence(gathering: Gathering): Promise<void> {
  const { queries, finality, validators } = gathering;
  const laterBlocks = laterBlocksFor(finality, validators);
  const waiting = await queries
    .select({ anchor: anchors, logKey: keys, log: logs.id })
    .from(anchors)
    .innerJoin(keys, eq(keys.id, anchors.key))
    .innerJoin(logs, eq(logs.logId, anchors.logId))
    .leftJoin(
      anchorEvidence,
      and(
        eq(anchorEvidence.logId, anchors.logId),
        eq(anchorEvidence.size, anchors.size),
        eq(anchorEvidence.blockHash, anchors.blockHash),
      ),
    )
    .where(and(eq(anchors.final, true), eq(anchors.agrees, true), isNull(anchorEvidence.blockHash)))
    .orderBy(asc(anchors.blockNumber))
    .limit(anchorsAtOnce);
  for (const { anchor, logKey, log } of waiting) {
    const state = await proveState(gathering, anchor, log, logKey);
    const evidence = await collect(gathering, anchor, laterBlocks);
    if (evidence === undefined) return; // the blocks after it are still to come, and so are those of later anchors
    const { logId, size, blockHash } = anchor;
    const row = {
      blockHash,
      evidence,
      accountProof: state?.nodes ?? null,
      storageRoot: state?.storageRoot ?? null,
    };
    await queries
      .insert(anchorEvidence)
      .values({ logId, size, ...row })
      .onConflictDoUpdate({ target: [anchorEvidence.logId, anchorEvidence.size], set: row });
  }
}

/** Null where the node contradicts itself, or no bundle may carry what it gives: asking again mends neither. */
async function collect(
  { node, logger }: Gathering,
  anchor: AnchorRow,
  laterBlocks: number,
): Promise<AnchorEvidence | null | undefined> {
  const { logId, size, blockNumber } = anchor;
  try {
    const evidence = await node.ask((provider) => collectEvidence(provider, anchor, laterBlocks));
    const parsed = evidence && evidenceSchema.safeParse(evidence);
    if (parsed === undefined || parsed.success) return evidence;
    // A bundle with such evidence would be refused whole; without it, a node can still be asked.
    logger.warn(
      { err: parsed.error, logId, size, blockNumber },
      'the evidence of an anchor is beyond the bounds of a bundle',
    );
    return null;
  } catch (error) {
    if (!(error instanceof ChainError) || error.code !== 'EVIDENCE') throw error;
    logger.warn({ err: error, logId, size, blockNumber }, 'there is no evidence of an anchor to be had');
    return null;
  }
}

/**
 * How many headers after the anchor's make it final: what the chain's rule asks for, and under Clique at least as many as
 * hold more than half of the signers, of whom each seals once in so many blocks.
 */
function laterBlocksFor(finality: FinalityRule, validators: Validators | undefined): number {
  if (finality.kind !== 'confirmations') return 0;
  const largest = Math.max(0, ...(validators?.sets ?? []).map(({ addresses }) => addresses.length));
  return Math.max(finality.blocks, cliqueMajority(largest));
}

/** The registry's account at the anchor's block, and the records of the keys that bundles under this anchor name. */
async function proveState(
  { queries, node, deployment, logger }: Gathering,
  anchor: AnchorRow,
  log: number,
  logKey: Key,
): Promise<{ nodes: string[]; storageRoot: string } | undefined> {
  try {
    const { blockNumber, logId } = anchor;
    const account = await node.ask((provider) => proveRegistry(provider, deployment, blockNumber));
    for (const { publicKey } of [logKey, ...(await signersUnder(queries, anchor, log))]) {
      const at = { storageRoot: account.storageRoot, publicKey, logId };
      if (await isProven(queries, at)) continue;
      const record = await node.ask((provider) => proveKey(provider, deployment, blockNumber, at));
      await queries
        .insert(registryProofs)
        .values({ ...at, nodes: record.nodes.map(encodeBase64) })
        .onConflictDoNothing();
    }
    return { nodes: account.nodes.map(encodeBase64), storageRoot: account.storageRoot };
  } catch (error) {
    if (isPassing(error)) throw error;
    const { logId, size, blockNumber } = anchor;
    logger.warn(
      { err: error, logId, size, blockNumber },
      'the node does not prove the registry at this block any more: bundles of it need a node to ask about keys',
    );
    return undefined;
  }
}

/** Keys of the messages that have this anchor as the smallest over them. */
async function signersUnder(queries: Queries, anchor: AnchorRow, log: number): Promise<Key[]> {
  const [before] = await queries
    .select({ size: anchors.size })
    .from(anchors)
    .where(
      and(
        eq(anchors.logId, anchor.logId),
        lt(anchors.size, anchor.size),
        eq(anchors.agrees, true),
        isNotNull(anchors.key),
      ),
    )
    .orderBy(desc(anchors.size))
    .limit(1);
  return queries
    .selectDistinct({ publicKey: keys.publicKey })
    .from(entries)
    .innerJoin(keys, eq(keys.id, entries.key))
    .where(and(eq(entries.log, log), gte(entries.index, before?.size ?? 0), lt(entries.index, anchor.size)));
}

async function isProven(
  queries: Queries,
  { storageRoot, publicKey, logId }: { storageRoot: string; publicKey: Uint8Array; logId: string },
): Promise<boolean> {
  const [row] = await queries
    .select({ logId: registryProofs.logId })
    .from(registryProofs)
    .where(
      and(
        eq(registryProofs.storageRoot, storageRoot),
        eq(registryProofs.publicKey, publicKey),
        eq(registryProofs.logId, logId),
      ),
    );
  return row !== undefined;
}
