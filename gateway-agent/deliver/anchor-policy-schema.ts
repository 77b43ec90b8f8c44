import { z } from 'zod';

/** A number, or its digits as flags and environment give it. */
const whole = (rule: z.ZodNumber) =>
  z.preprocess(
    (value) => (typeof value === 'string' && /^[0-9]{1,15}$/.test(value) ? Number(value) : value),
    rule,
  );

/** `18:00`, by the machine's time zone */
const timeOfDay = z
  .string()
  .regex(/^([01][0-9]|2[0-3]):[0-5][0-9]$/, 'a time of day, as 18:00')
  .transform((text) => ({ hour: Number(text.slice(0, 2)), minute: Number(text.slice(3)) }));

/** When a log is anchored, besides every so long. */
export const anchorPolicySchema = z.strictObject({
  /** as soon as so many entries have no anchor */
  everyEntries: whole(z.int().min(1)).optional(),
  /** once a day at this time */
  dailyAt: timeOfDay.optional(),
  /** when a batch is closed: its last device turned to another, or none named it for this long; 0 for never */
  batchQuietMs: whole(z.int().min(0)).default(3_600_000),
  /** between the last anchor and one for a closed batch or an alarm: who closes batches all the time spends the account */
  urgentGapMs: whole(z.int().min(0)).default(10_000),
});
