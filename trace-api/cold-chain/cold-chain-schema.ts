import { z } from '@hono/zod-openapi';
import { excursionRuleSchema } from '@tianyuan/protocol';
import { profileSchema } from './profile.ts';
import type { CompletenessView } from './read-completeness.ts';
import type { ExcursionsView } from './read-excursions.ts';
import type { ShelfLifeView } from './read-shelf-life.ts';

// The answers of the cold chain's routes, as the generated documentation shows them.

const time = z.int().openapi({ description: 'Unix ms' });
const stretch = z.object({
  from: time,
  until: time.nullable().openapi({ description: 'null: it has no end yet' }),
});
const leaves = z
  .array(z.object({ logId: z.string(), first: z.int(), last: z.int(), count: z.int() }))
  .openapi({
    description:
      'where the readings are logged that prove it: indices of the first and last, and how many entries',
  });
const bilingual = z.object({ zh: z.string(), en: z.string() });

export const exposuresSchema = z
  .object({
    exposures: z.array(
      z.object({
        device: z.string(),
        from: time,
        until: time.nullable(),
        path: z.array(z.string()).openapi({
          description: 'from the batch to what carried the device, by their URIs',
          example: ['https://id.gs1.org/01/06901234567892/10/A-0731', 'urn:tianyuan:truck:t-7'],
        }),
      }),
    ),
  })
  .openapi('Exposures');

const excursion = z.object({
  batch: z.string(),
  profile: z.string(),
  profileIndex: z.int(),
  device: z.string(),
  sensor: z.string().openapi({ description: 'empty where the device does not name it' }),
  rule: excursionRuleSchema,
  ruleDigest: z.string().openapi({ description: 'SHA-256 of the rule, see docs/cold-chain.md' }),
  named: z.string().nullable(),
  spans: z.array(stretch),
  stretch,
  from: time,
  until: time.nullable(),
  ended: z.enum(['recovered', 'gap', 'left', 'window', 'open']),
  extreme: z.int(),
  mkt: z.int().nullable().openapi({ description: 'mean kinetic temperature, m°C' }),
  readings: z.int(),
  leaves,
  excursion: z.string(),
  recordIndex: z.int().nullable().openapi({ description: "in the platform's log; null until it says so" }),
});

export const excursionsSchema = z
  .object({
    profile: z
      .object({
        profile: z.string(),
        name: bilingual,
        source: z.string(),
        rules: z.array(excursionRuleSchema),
        profileIndex: z.int(),
      })
      .nullable(),
    excursions: z.array(excursion),
  })
  .openapi('Excursions') satisfies z.ZodType<ExcursionsView>;

const counters = { key: z.int(), boot: z.int(), firstSeq: z.int(), lastSeq: z.int() };

export const completenessSchema = z
  .object({
    devices: z.array(
      z.object({
        device: z.string(),
        stretch,
        first: time,
        last: time,
        logged: z.int(),
        missing: z.int(),
        evicted: z.int(),
        unknownEnds: z.int(),
        completeMilliPercent: z.int().openapi({ example: 99_985 }),
        ranges: z.array(z.object(counters)),
        holes: z.array(z.object({ ...counters, evicted: z.int() })),
        leaves,
        withheld: z.int(),
        intervals: z
          .object({ everyMs: z.int(), expected: z.int(), reported: z.int(), milliPercent: z.int() })
          .nullable(),
      }),
    ),
  })
  .openapi('Completeness') satisfies z.ZodType<{ devices: CompletenessView[] }>;

const parameters = z.object({ lifeMs: z.int(), q10Milli: z.int() });

export const shelfLifeSchema = z
  .object({
    shelfLife: z
      .object({
        isEstimate: z.literal(true),
        at: time,
        begin: time,
        until: time,
        earliestUntil: time,
        latestUntil: time,
        remainingMs: z.int(),
        leastRemainingMs: z.int(),
        mostRemainingMs: z.int(),
        keptAtMilliCelsius: z.int(),
        consumedPpm: z.int(),
        elapsedMs: z.int(),
        unrecordedMs: z.int(),
        profile: z.string(),
        name: bilingual,
        profileIndex: z.int(),
        model: z.object({
          model: z.literal('q10'),
          referenceMilliCelsius: z.int(),
          likely: parameters,
          least: parameters,
          most: parameters,
          coldestMilliCelsius: z.int(),
          maxGapMs: z.int(),
          source: z.string(),
        }),
      })
      .nullable()
      .openapi({ description: 'null where the profile has no model, or too little was measured' }),
  })
  .openapi('ShelfLife') satisfies z.ZodType<{ shelfLife: ShelfLifeView | null }>;

export const profilesSchema = z
  .object({
    profiles: z.array(
      z.object({
        ...profileSchema.shape,
        profileIndex: z.int().nullable().openapi({ description: 'null: known here, and not recorded yet' }),
      }),
    ),
  })
  .openapi('Profiles');
