import * as z from 'zod';
import { deviceIdSchema } from '../message/fields.ts';
import { excursionRuleSchema } from './rule.ts';

const natural = z.int().min(0);
const hash = z.string().regex(/^[0-9a-f]{64}$/);
const stretch = z.strictObject({ from: natural, until: natural.nullable() });

/** Spans and logs of one device; more than a journey has. */
const mostParts = 1_000;

/** The members of an ExcursionClaim, for whoever says more beside them. */
export const excursionClaimShape = {
  device: deviceIdSchema,
  /** empty where the device does not name it */
  sensor: z.string().max(64),
  rule: excursionRuleSchema,
  ruleDigest: hash,
  named: z.string().max(64).nullable(),
  spans: z.array(stretch).max(mostParts),
  stretch,
  from: natural,
  until: natural.nullable(),
  ended: z.enum(['recovered', 'gap', 'left', 'window', 'open']),
  extreme: z.int(),
  /** m°C */
  mkt: z.int().nullable(),
  readings: natural,
  leaves: z
    .array(z.strictObject({ logId: hash, first: natural, last: natural, count: natural }))
    .max(mostParts),
} as const;

/** A claim as a file has it; what stands beside it, such as the batch, is passed over. */
export const excursionClaimSchema = z.object(excursionClaimShape);
