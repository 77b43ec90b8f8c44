import { maxScore } from '@tianyuan/protocol';
import { z } from 'zod';
import { batchIdSchema } from '../batches/batch.ts';

// What the platform's log says of quality checks and the work that they ask for.

const name = z.string().min(1).max(64);
const score = z.int().min(0).max(maxScore);
const natural = z.int().min(0);

/** A report of the kind `quality-model`: the sample's hash, what judged it, and what it says. */
const checkSchema = z.strictObject({
  batch: batchIdSchema,
  kind: z.literal('quality-model'),
  sample: z.enum(['picture', 'spectrum']),
  file: z.strictObject({
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
    mediaType: z.string().max(127),
    length: natural,
  }),
  model: name,
  version: name,
  score,
  /** what a model says is never a grade */
  verdict: z.literal('screening'),
  findings: z.record(name, z.int()),
});

/** `check` is the index of the quality check that asks for it. */
const workOrderSchema = z.strictObject({ batch: batchIdSchema, check: natural, score, threshold: score });

const workOrderDoneSchema = z.strictObject({ order: natural, note: z.string().trim().min(1).max(500) });

export const qualityStatements = {
  'quality-check': checkSchema,
  'work-order': workOrderSchema,
  'work-order-done': workOrderDoneSchema,
} as const;

type Bodies = { [Name in keyof typeof qualityStatements]: z.infer<(typeof qualityStatements)[Name]> };

/** A statement under its name, to switch over. */
export type QualityStatement = { [Name in keyof Bodies]: { name: Name; body: Bodies[Name] } }[keyof Bodies];

export type QualityCheckBody = Bodies['quality-check'];
