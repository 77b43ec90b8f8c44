import { z } from '@hono/zod-openapi';
import { quantityNames } from '@tianyuan/protocol';
import { statusSchema } from '../status/status-schema.ts';
import type { StoryView } from '../story/story-view.ts';
import type { BatchView } from './batch-view.ts';

const bilingual = z.object({ zh: z.string(), en: z.string() });
const time = z.int().openapi({ description: 'Unix ms' });

const curve = z.object({
  type: z.enum(quantityNames),
  device: z.string(),
  points: z.array(z.object({ time, min: z.int(), mean: z.int(), max: z.int() })),
  count: z.int(),
  limits: z.object({ min: z.int().nullable(), max: z.int().nullable() }).nullable(),
  outside: z.int(),
});

const calibration = z.object({
  device: z.string(),
  sensor: z.string().nullable().openapi({ description: 'null where the device does not name it' }),
  type: z.enum(quantityNames),
  state: z.enum(['calibrated', 'expired', 'none']).openapi({
    description: '`calibrated`: for all of the period; `expired`: not for all of it; `none`: no certificate',
  }),
  certificates: z.array(
    z.object({
      certificate: z.string().openapi({ description: 'SHA-256, hex' }),
      issuer: z.string(),
      validFrom: time,
      validUntil: time,
      logId: z.string(),
      index: z.int(),
    }),
  ),
});

const excursion = z.object({
  device: z.string(),
  type: z.enum(quantityNames),
  rule: z.string(),
  kind: z.enum(['above', 'below', 'mkt']),
  limit: z.int(),
  from: time,
  until: time.nullable().openapi({ description: 'null while it lasts' }),
  extreme: z.int(),
  index: z.int().openapi({ description: "of the record in the platform's log" }),
});

const liveReading = z.object({
  device: z.string(),
  type: z.enum(quantityNames),
  sensor: z.string().nullable(),
  time,
  value: z.int(),
  logId: z.string(),
  index: z.int(),
});

const anchor = z.object({
  chainId: z.int(),
  contract: z.string(),
  transactionHash: z.string(),
  blockNumber: z.int(),
  blockTime: time,
  logOrigin: z.string(),
  logSize: z.int(),
  state: z.enum(['anchored', 'final']),
});

/** {@link BatchView} as the generated documentation shows it. */
export const batchViewSchema = z
  .object({
    batchId: z.string(),
    gtin: z.string(),
    lot: z.string(),
    product: bilingual,
    origin: bilingual,
    harvestedAt: time.nullable(),
    status: statusSchema.pick({ status: true, reasons: true, expiresAt: true }),
    period: z.object({ from: time, to: time }).nullable(),
    devices: z.array(z.string()),
    curves: z
      .array(curve)
      .openapi({ description: 'at most 300 points each, in scaled units of the data dictionary' }),
    live: z.array(liveReading).openapi({
      description:
        "the newest reading of each sensor that is signed and in its gateway's log, ahead of a backfill: not mirrored yet",
    }),
    calibrations: z.array(calibration),
    excursions: z.array(excursion).openapi({ description: 'as logged; `/excursions` has what proves them' }),
    messages: z.object({ mirrored: z.int(), anchored: z.int(), final: z.int() }),
    logs: z.array(
      z.object({
        logId: z.string(),
        origin: z.string(),
        messages: z.int(),
        continues: z.string().nullable().openapi({
          description: 'the log of a lost gateway that this one carries on for, confirmed by the chain',
        }),
      }),
    ),
    verified: z.int(),
    flagged: z.record(z.string(), z.int()),
    contradicted: z
      .array(z.string())
      .openapi({ description: 'origins of its logs that signed two histories' }),
    anchor: anchor.nullable(),
    sample: z.object({ logId: z.string(), index: z.int() }).nullable(),
    story: z
      .custom<StoryView>()
      .nullable()
      .openapi({
        type: 'object',
        description:
          'what people, organisations and other platforms say of it, as the page tells it; each part has a route of its own ' +
          'under /api/v1/batches/{batchId}, with its schema. Null where the platform has no log of its own',
      }),
  })
  .openapi('BatchView') satisfies z.ZodType<BatchView>;
