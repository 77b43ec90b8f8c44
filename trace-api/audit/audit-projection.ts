import { z } from 'zod';
import { auditHeads } from '../database/schema.ts';
import type { Projection } from '../records/projection.ts';

export const auditHeadSchema = z.strictObject({
  chain: z.string().regex(/^\d{4}-\d{2}-\d{2}\/[0-9a-f]{16}$/),
  lines: z.int().min(1),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
});

/** The heads of the audit's chains: what is in the platform's log, and so on the chain, cannot be written anew. */
export const auditProjection: Projection = {
  name: 'audit',
  statements: { 'audit-head': auditHeadSchema },
  takes: ['audit-head'],
  tables: [auditHeads],
  async apply(tx, { index: atIndex, at, body }) {
    await tx.insert(auditHeads).values({ atIndex, at, ...auditHeadSchema.parse(body) });
  },
};
