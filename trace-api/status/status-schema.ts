import { z } from '@hono/zod-openapi';
import { writtenSchema } from '../records/messages-route.ts';
import { type StatusView, batchStatuses } from './batch-status.ts';
import { reasonSchema, recallClassSchema } from './statements.ts';

// What the routes of a batch's status take and answer with, as the generated documentation shows it.

const bilingual = z.object({ zh: z.string(), en: z.string() });
const unixMs = z.int().openapi({ description: 'Unix ms' });

export const statusSchema = z
  .object({
    batchId: z.string(),
    status: z.enum(batchStatuses).openapi({ description: 'only what is `sellable` may be sold' }),
    reasons: z
      .array(
        z.object({
          status: z.enum(['unknown', 'recalled', 'on_hold', 'expired']),
          text: bilingual,
          batchId: z
            .string()
            .openapi({ description: 'of which it was said: this batch, or one that it was made of' }),
          index: z
            .int()
            .nullable()
            .openapi({ description: "of the record in the platform's log that says so" }),
          at: unixMs.nullable(),
          by: z.string().nullable(),
        }),
      )
      .openapi({ description: 'all that stands against selling it, gravest first' }),
    expiresAt: unixMs.nullable(),
    asOf: unixMs,
  })
  .openapi('BatchStatus') satisfies z.ZodType<StatusView>;

const reason = reasonSchema.openapi({ example: { zh: '等待复检', en: 'waiting for a second test' } });

export const holdBody = z.strictObject({ reason });

export const releaseBody = z.strictObject({
  reason,
  hold: z
    .int()
    .min(0)
    .optional()
    .openapi({ description: 'index of the hold to end; all of them where it is not said' }),
});

export const recallBody = z.strictObject({
  class: recallClassSchema.openapi({
    description: '《食品召回管理办法》: 1 grave harm, 2 general harm, 3 wrong labels and the like',
  }),
  reason: reasonSchema.openapi({ example: { zh: '农药残留超标', en: 'pesticide residue over the limit' } }),
});

export const recalledSchema = z
  .object({
    ...writtenSchema.shape,
    evidence: z.object({
      sha256: z.string().openapi({ description: 'the whole list, at /api/v1/files/{sha256}' }),
      length: z.int(),
      batches: z.int(),
      holders: z.int(),
    }),
    lots: z.array(z.object({ lot: z.string(), batchId: z.string().nullable() })),
    holders: z
      .array(
        z.object({
          kind: z.enum(['party', 'order']),
          id: z.string(),
          lot: z.string(),
          amount: z.object({ quantity: z.int(), uom: z.string() }).nullable(),
          how: z.string(),
          at: unixMs,
          index: z.int(),
        }),
      )
      .openapi({
        description: 'who holds, held or bought some of it; of both lists the first 1,000 are here',
      }),
  })
  .openapi('Recalled');

/** Lots and holders in the answer; the file has all. */
export const mostInAnswer = 1_000;
