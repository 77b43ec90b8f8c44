import { z } from '@hono/zod-openapi';
import { batchIdSchema } from '../batches/batch.ts';

// What the platform's log says of whether a batch may be sold, by the name of the statement.

const words = z.string().trim().min(1).max(200);

/** Buyers read it: in both languages. */
export const reasonSchema = z.strictObject({ zh: words, en: words });

/**
 * 《食品召回管理办法》 (Measures for the Administration of Food Recall, 2015, revised 2020), article 13: 1 where people were or may
 * be gravely harmed or die, begun within 24 hours; 2 for general harm, within 48; 3 for wrong labels and the like, within 72.
 */
export const recallClassSchema = z.int().min(1).max(3);

const natural = z.int().min(0);

/** The list of who and what a recall reaches, as it was found when it was made: kept as a file by its hash. */
const evidenceSchema = z.strictObject({
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  length: natural,
  batches: natural,
  holders: natural,
});

const holdSchema = z.strictObject({ batch: batchIdSchema, reason: reasonSchema });

/** `hold` is the index of the hold that it ends; without it, all of the batch's own holds end. */
const releaseSchema = z.strictObject({
  batch: batchIdSchema,
  reason: reasonSchema,
  hold: natural.optional(),
});

const recallSchema = z.strictObject({
  batch: batchIdSchema,
  class: recallClassSchema,
  reason: reasonSchema,
  evidence: evidenceSchema,
});

/** For a batch that was named by mistake. */
const recallLiftedSchema = z.strictObject({ batch: batchIdSchema, reason: reasonSchema });

export const statusStatements = {
  hold: holdSchema,
  release: releaseSchema,
  recall: recallSchema,
  'recall-lifted': recallLiftedSchema,
} as const;

type Said = { [Name in keyof typeof statusStatements]: z.infer<(typeof statusStatements)[Name]> };
/** A recall that was signed as an event has no list beside it: it is found when somebody asks. */
type Bodies = Omit<Said, 'recall'> & { recall: Omit<Said['recall'], 'evidence'> & Partial<Said['recall']> };

/** A statement under its name, to switch over. */
export type StatusStatement = { [Name in keyof Bodies]: { name: Name; body: Bodies[Name] } }[keyof Bodies];

export type RecallEvidence = z.infer<typeof evidenceSchema>;
