import type { Logger, Queries } from '@tianyuan/platform';
import { assembleCheckpoint, consistencyRanges, hashRanges, tilesOf } from '@tianyuan/protocol';
import { type WitnessAddress, submitCheckpoint } from '@tianyuan/witness';
import { and, asc, desc, eq, gte } from 'drizzle-orm';
import { anchors, cosignatures, keys, logs } from '../database/schema.ts';
import { readTiles } from '../mirror/read-tile.ts';

/** Of one log and one witness in one call; the rest follows with the next. */
const anchorsAtOnce = 20;

type Target = { checkpoint: string; size: number; root: Uint8Array };

/** Asks one configured witness for its cosignatures of the anchored checkpoints that it has not cosigned yet. */
export type CosignatureGatherer = (queries: Queries, signal: AbortSignal) => Promise<void>;

/**
 * A witness only moves forward, so the anchors of a log are submitted to it from the smallest on, and what it has passed
 * already is passed over. One that is away or refuses is left alone until the next call, and holds up no other.
 */
export function cosignatureGatherer(witness: WitnessAddress, logger: Logger): CosignatureGatherer {
  /** what the witness is known to have of each log; it says so itself where this is wrong */
  const reached = new Map<string, number>();
  return async (queries, signal) => {
    for (const log of await queries.select().from(logs)) {
      if (signal.aborted) return;
      if (!(await gatherOfLog(queries, log))) return;
    }
  };

  /** @returns whether the witness answers at all */
  async function gatherOfLog(queries: Queries, log: typeof logs.$inferSelect): Promise<boolean> {
    let from = reached.get(log.logId) ?? (await newestCosigned(queries, log.logId));
    for (const target of await targetsOf(queries, log, from, witness.name)) {
      if (target.size < from) continue;
      let result = await submit(queries, log, target, from);
      if (result.state === 'behind') {
        from = result.size;
        reached.set(log.logId, from);
        if (target.size < from) continue;
        result = await submit(queries, log, target, from);
      }
      if (result.state !== 'cosigned') {
        logger.warn(
          { witness: witness.name, origin: log.origin, size: target.size, result },
          'a witness did not cosign',
        );
        return result.state !== 'failed';
      }
      const { size, root } = target;
      await queries
        .insert(cosignatures)
        .values({ logId: log.logId, size, root, witness: witness.name, line: result.line })
        .onConflictDoUpdate({
          target: [cosignatures.logId, cosignatures.size, cosignatures.witness],
          set: { root, line: result.line },
        });
      from = size;
      reached.set(log.logId, from);
    }
    return true;
  }

  async function submit(queries: Queries, log: typeof logs.$inferSelect, target: Target, from: number) {
    const ranges = from === 0 ? [] : consistencyRanges(from, target.size);
    const proof = hashRanges(ranges, await readTiles(queries, log, tilesOf(ranges)));
    return submitCheckpoint(witness, { oldSize: from, proof, note: target.checkpoint });
  }

  async function newestCosigned(queries: Queries, logId: string): Promise<number> {
    const [row] = await queries
      .select({ size: cosignatures.size })
      .from(cosignatures)
      .where(and(eq(cosignatures.logId, logId), eq(cosignatures.witness, witness.name)))
      .orderBy(desc(cosignatures.size))
      .limit(1);
    return row?.size ?? 0;
  }
}

/** Anchored checkpoints from this size on that the mirror agrees with, and that lack the witness's line. */
async function targetsOf(
  queries: Queries,
  log: typeof logs.$inferSelect,
  from: number,
  witness: string,
): Promise<Target[]> {
  const rows = await queries
    .select({ anchor: anchors, key: keys.publicKey, line: cosignatures.line, cosigned: cosignatures.root })
    .from(anchors)
    .innerJoin(keys, eq(keys.id, anchors.key))
    .leftJoin(
      cosignatures,
      and(
        eq(cosignatures.logId, anchors.logId),
        eq(cosignatures.size, anchors.size),
        eq(cosignatures.witness, witness),
      ),
    )
    .where(and(eq(anchors.logId, log.logId), eq(anchors.agrees, true), gte(anchors.size, from)))
    .orderBy(asc(anchors.size))
    .limit(anchorsAtOnce);
  return rows
    .filter(({ line }) => line === null)
    .map(({ anchor: { size, root, signature }, key }) => {
      const checkpoint = assembleCheckpoint({ origin: log.origin, size, root }, key, signature);
      return { checkpoint, size, root };
    });
}
