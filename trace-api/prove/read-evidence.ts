import type { Queries } from '@tianyuan/platform';
import { type ChainEvidence, evidenceSchema } from '@tianyuan/protocol';
import { and, eq, inArray } from 'drizzle-orm';
import { anchorEvidence, type anchors, registryProofs } from '../database/schema.ts';

/**
 * The evidence that was kept of an anchor, with the records of these keys, the log's and the device's where the bundle
 * names one. Without the records, where one of them is not kept; undefined where there is none, as before the anchor is final.
 */
export async function readEvidence(
  queries: Queries,
  { logId, size, blockHash }: Pick<typeof anchors.$inferSelect, 'logId' | 'size' | 'blockHash'>,
  publicKeys: Uint8Array[],
): Promise<ChainEvidence | undefined> {
  const [kept] = await queries
    .select()
    .from(anchorEvidence)
    .where(
      and(
        eq(anchorEvidence.logId, logId),
        eq(anchorEvidence.size, size),
        eq(anchorEvidence.blockHash, blockHash),
      ),
    );
  const { evidence, accountProof, storageRoot } = kept ?? { evidence: null };
  // What an earlier release kept was not held against the bounds of a bundle, which would be refused for it.
  if (evidence === null || !evidenceSchema.safeParse(evidence).success) return undefined;
  if (!accountProof || !storageRoot) return evidence;
  const records = await queries
    .select({ nodes: registryProofs.nodes })
    .from(registryProofs)
    .where(
      and(
        eq(registryProofs.storageRoot, storageRoot),
        eq(registryProofs.logId, logId),
        inArray(registryProofs.publicKey, publicKeys),
      ),
    );
  if (records.length < publicKeys.length) return evidence;
  // Paths share the nodes next to the root.
  const nodes = new Set([accountProof, ...records.map((record) => record.nodes)].flat());
  const whole = { ...evidence, stateProof: [...nodes] };
  return evidenceSchema.safeParse(whole).success ? whole : evidence;
}
