import * as z from 'zod';
import { canonicalize } from '../canonical-json.ts';
import { quantityNames } from '../data-dictionary.ts';
import { bytesToHex, utf8ToBytes } from '../encoding/bytes.ts';
import { sha256 } from '../sha256.ts';

const day = 24 * 3600_000;

const ruleId = z.string().regex(/^[a-z0-9-]{1,64}$/);

/** Longer than a day between two readings, nobody knows what was in between. */
const maxGapMs = z.int().min(1).max(day);

/** J/mol. From below any reaction that food knows to above any. */
const activationEnergy = z.int().min(10_000).max(500_000);

const threshold = {
  id: ruleId,
  type: z.enum(quantityNames.filter((name) => name !== 'gps')),
  /** scaled unit of the data dictionary; the limit itself is still inside */
  limit: z.int(),
  /** how long it has to last, Unix ms; 0 for every reading */
  forMs: z
    .int()
    .min(0)
    .max(366 * day),
  maxGapMs,
  /** with which the excursion's own mean kinetic temperature is given; absent where that says nothing, as when frozen */
  deltaH: activationEnergy.optional(),
};

/**
 * What counts as an excursion. `above` and `below`: a quantity beyond a limit for a time. `mkt`: the mean kinetic
 * temperature of a window of `overMs`, windows following each other from the Unix epoch on, above a limit.
 */
export const excursionRuleSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('above'), ...threshold }),
  z.strictObject({ kind: z.literal('below'), ...threshold }),
  z.strictObject({
    kind: z.literal('mkt'),
    id: ruleId,
    type: z.literal('temperature'),
    limit: z.int(),
    overMs: z
      .int()
      .min(60_000)
      .max(366 * day),
    maxGapMs,
    deltaH: activationEnergy,
  }),
]);

export type ExcursionRule = z.infer<typeof excursionRuleSchema>;

/** SHA-256 of `tianyuan/rule/v1` LF and the rule's RFC 8785 form, in hex: what an excursion says that it was found by. */
export function ruleDigest(rule: ExcursionRule): string {
  return bytesToHex(sha256(utf8ToBytes(`tianyuan/rule/v1\n${canonicalize(rule)}`)));
}
