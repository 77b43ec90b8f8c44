import { bytesToHex, canonicalize, excursionClaimShape, sha256, utf8ToBytes } from '@tianyuan/protocol';
import { z } from 'zod';

/** What it takes to find an excursion again, for a batch under a version of a profile. */
const excursionShape = {
  batch: z.string().min(1).max(64),
  profile: z.string().max(64),
  /** the record that has this version of the profile */
  profileIndex: z.int().min(0),
  ...excursionClaimShape,
};

const foundExcursionSchema = z.strictObject(excursionShape);

export type FoundExcursion = z.infer<typeof foundExcursionSchema>;

/** `opened` while it lasts, `closed` when it has ended, `withdrawn` where what came later shows that it was none. */
export const excursionStatementSchema = z.strictObject({
  ...excursionShape,
  /** see {@link excursionId} */
  excursion: z.string().regex(/^[0-9a-f]{64}$/),
  state: z.enum(['opened', 'closed', 'withdrawn']),
});

export type ExcursionStatement = z.infer<typeof excursionStatementSchema>;

/** What makes an excursion the same one when it is found again and has gone on: whose, by what rule, and since when. */
export function excursionId({ batch, device, sensor, ruleDigest, from }: FoundExcursion): string {
  return bytesToHex(sha256(utf8ToBytes(canonicalize([batch, device, sensor, ruleDigest, from]))));
}
