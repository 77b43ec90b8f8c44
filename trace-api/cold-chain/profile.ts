import { excursionRuleSchema } from '@tianyuan/protocol';
import { z } from 'zod';
import { shelfLifeModelSchema } from './shelf-life.ts';

const day = 24 * 3600_000;

/** As many as a page can show; products have two to four. */
const mostRules = 16;

export const profileIdSchema = z.string().regex(/^[a-z0-9-]{1,64}$/);

/** How a kind of product is to be kept. Every time it is recorded it is a new version, by the record's index. */
export const profileSchema = z.strictObject({
  profile: profileIdSchema,
  name: z.strictObject({ zh: z.string().min(1).max(100), en: z.string().min(1).max(100) }),
  rules: z
    .array(excursionRuleSchema)
    .min(1)
    .max(mostRules)
    .refine((rules) => new Set(rules.map(({ id }) => id)).size === rules.length, 'two rules have one id'),
  /** how often a device that measures it is to report; absent where nobody said */
  reportingMs: z.int().min(1000).max(day).optional(),
  shelfLife: shelfLifeModelSchema.optional(),
  /** where the limits are from, for people */
  source: z.string().min(1).max(1000),
});

export type Profile = z.infer<typeof profileSchema>;

/** From now on the product or the batch has this profile; a batch's own goes before its product's. Null: none. */
export const profileChoiceSchema = z
  .strictObject({
    gtin: z
      .string()
      .regex(/^[0-9]{14}$/)
      .optional(),
    batch: z.string().min(1).max(64).optional(),
    profile: profileIdSchema.nullable(),
  })
  .refine(
    ({ gtin, batch }) => (gtin === undefined) !== (batch === undefined),
    'a gtin or a batch, and not both',
  );

export type ProfileChoice = z.infer<typeof profileChoiceSchema>;
