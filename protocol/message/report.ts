import * as z from 'zod';
import { integer, natural, sha256Hex, textOf, thingKinds } from './fields.ts';

/** Kinds with a meaning of their own here. Others may be used: a report proves who said which bytes, whatever it is. */
export const reportKinds = ['inspection', 'quality-model', 'calibration', 'certificate', 'summary'] as const;

/** `score` is in m%, like the data dictionary's percentages: 87.5 is 87,500. */
export const maxScore = 100_000;

const subjectSchema = z.strictObject({ id: textOf(64), kind: z.enum(thingKinds) });

/** That a document, an image or a verdict exists, by its hash; it travels and is stored elsewhere. RFC 8785's order. */
export const reportSchema = z.strictObject({
  /** of the file's bytes */
  hash: sha256Hex,
  /** who issued it: an organisation's 统一社会信用代码, a laboratory's or a model's name */
  issuer: textOf(128),
  kind: z.string().regex(/^[a-z0-9-]{1,32}$/),
  /** of the file, in bytes */
  length: natural.optional(),
  /** of the file, such as application/pdf */
  mediaType: z
    .string()
    .max(127)
    .regex(/^[a-z0-9!#$&^_.+-]+\/[a-z0-9!#$&^_.+-]+$/)
    .optional(),
  /** what judged, where it was a model, and which version of it */
  model: textOf(64).optional(),
  score: integer.min(0).max(maxScore).optional(),
  subject: subjectSchema,
  version: textOf(64).optional(),
});

export type Report = z.infer<typeof reportSchema>;
