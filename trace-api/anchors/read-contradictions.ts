import type { Queries } from '@tianyuan/platform';
import { and, count, desc, eq } from 'drizzle-orm';
import { z } from 'zod';
import { anchors, evidence } from '../database/schema.ts';
import type { Evidence } from './evidence.ts';

/** A log against itself, in what anybody can check: the notes are signed. */
export type Contradiction = {
  kind: Evidence['kind'];
  /** Unix ms */
  foundAt: number;
  /** two signed checkpoints of one log that no single history leads to; one where the chain's is under no key of the log */
  checkpoints: string[];
  /** the root and the signature of the one that lies on the chain are in this transaction's event */
  transactionHash: string | null;
  blockNumber: number | null;
};

export type Contradictions = {
  /** the newest, at most {@link shown} */
  contradictions: Contradiction[];
  /** anchors on the chain that are not of the mirrored history; no bundle rests on one */
  contradictedAnchors: number;
};

/** One proves it all; more of them are the same story. */
const shown = 20;

const detailSchema = z.object({
  mirrored: z.string().optional(),
  /** FORK: what was offered for mirroring */
  offered: z.string().optional(),
  /** ANCHOR_MISMATCH: what was anchored */
  anchored: z.string().optional(),
  transactionHash: z.string().optional(),
  blockNumber: z.int().optional(),
});

/** @param logId 64 hex digits */
export async function readContradictions(queries: Queries, logId: string): Promise<Contradictions> {
  const rows = await queries
    .select()
    .from(evidence)
    .where(eq(evidence.logId, logId))
    .orderBy(desc(evidence.id))
    .limit(shown);
  const [counted] = await queries
    .select({ count: count() })
    .from(anchors)
    .where(and(eq(anchors.logId, logId), eq(anchors.agrees, false)));
  return {
    contradictions: rows.map(({ kind, foundAt, detail }) => {
      const { mirrored, offered, anchored, transactionHash, blockNumber } = detailSchema.parse(detail);
      return {
        kind: kind as Evidence['kind'],
        foundAt,
        checkpoints: [mirrored, offered, anchored].filter((note) => note !== undefined),
        transactionHash: transactionHash ?? null,
        blockNumber: blockNumber ?? null,
      };
    }),
    contradictedAnchors: counted?.count ?? 0,
  };
}
