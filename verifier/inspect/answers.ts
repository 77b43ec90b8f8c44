import {
  type QuantityName,
  excursionClaimSchema,
  excursionRuleSchema,
  quantityNames,
} from '@tianyuan/protocol';
import { z } from 'zod';

// What the trace API answers, as far as an inspection reads it. Members that are not read here may come and go.

const bilingual = z.object({ zh: z.string(), en: z.string() });
const hexId = z.string().regex(/^[0-9a-f]{64}$/);

export const lotSchema = z.object({ gtin: z.string(), lot: z.string(), batchId: z.string() });
export type Lot = z.infer<typeof lotSchema>;

export const lotsSchema = z.object({ lots: z.array(lotSchema), next: z.string().nullable() });

const pointSchema = z.object({ time: z.int(), min: z.int(), mean: z.int(), max: z.int() });
const limitsSchema = z.object({ min: z.int().nullable(), max: z.int().nullable() }).nullable();

const curveSchema = z.object({
  type: z.enum(quantityNames as [QuantityName, ...QuantityName[]]),
  device: z.string(),
  points: z.array(pointSchema),
  count: z.int(),
  limits: limitsSchema,
  outside: z.int(),
});
export type Curve = z.infer<typeof curveSchema>;

/** Whether a lot may be sold, and what stands against it. */
export const saleStatusSchema = z.object({
  status: z.string(),
  reasons: z.array(z.object({ text: bilingual })),
});
export type SaleStatus = z.infer<typeof saleStatusSchema>;

export const viewSchema = z.object({
  status: saleStatusSchema,
  batchId: z.string(),
  gtin: z.string(),
  lot: z.string(),
  product: bilingual,
  origin: bilingual,
  harvestedAt: z.int().nullable(),
  period: z.object({ from: z.int(), to: z.int() }).nullable(),
  devices: z.array(z.string()),
  curves: z.array(curveSchema),
  messages: z.object({ mirrored: z.int(), anchored: z.int(), final: z.int() }),
  logs: z.array(z.object({ logId: hexId, origin: z.string(), messages: z.int() })),
  verified: z.int(),
  flagged: z.record(z.string(), z.int()),
  contradicted: z.array(z.string()),
  anchor: z
    .object({
      chainId: z.int(),
      contract: z.string(),
      transactionHash: z.string(),
      blockNumber: z.int(),
      blockTime: z.int(),
      logOrigin: z.string(),
      logSize: z.int(),
    })
    .nullable(),
  sample: z.object({ logId: hexId, index: z.int() }).nullable(),
  /** what people and organisations signed of it; null where the platform has no log of its own */
  story: z
    .object({
      logId: hexId,
      steps: z.array(z.object({ time: z.int(), index: z.int(), words: bilingual })),
      coldChain: z.object({
        profile: z.object({ rules: z.array(excursionRuleSchema) }).nullable(),
        excursions: z.array(excursionClaimSchema),
      }),
      reports: z.array(z.object({ index: z.int(), sha256: hexId, hasFile: z.boolean() })),
    })
    .nullable(),
});
export type View = z.infer<typeof viewSchema>;

export const listedMessagesSchema = z.object({
  messages: z.array(
    z.object({ logId: hexId, index: z.int(), flag: z.string().nullable(), payload: z.string().nullable() }),
  ),
  next: z.string().nullable(),
});
export type ListedMessage = z.infer<typeof listedMessagesSchema>['messages'][number];

/** When which device measured the lot through what carried it; `until` null where there is no end yet. */
export const exposuresSchema = z.object({
  exposures: z.array(z.object({ device: z.string(), from: z.int(), until: z.int().nullable() })),
});
export type Exposure = z.infer<typeof exposuresSchema>['exposures'][number];

/** What the trace API itself says is not there. */
export const completenessSchema = z.object({
  devices: z.array(z.object({ device: z.string(), missing: z.int(), evicted: z.int() })),
});

export const elsewhereSchema = z.object({
  messages: z.array(
    z.object({
      logId: hexId,
      index: z.int(),
      subject: hexId,
      key: z.int(),
      boot: z.int(),
      seq: z.int(),
    }),
  ),
});
export type Elsewhere = z.infer<typeof elsewhereSchema>['messages'][number];

export const logSchema = z.object({
  origin: z.string(),
  size: z.int(),
  anchoredSize: z.int(),
  finalSize: z.int(),
  contradictions: z.array(z.object({ kind: z.string() })),
});

export const linksetSchema = z.object({ linkset: z.array(z.looseObject({ anchor: z.string() })) });
/** What a link type leads to, RFC 9264 section 4.2.3. */
export const targetsSchema = z.array(z.object({ href: z.string(), type: z.string() }));

export const jsonLdSchema = z.object({
  '@id': z.string(),
  gtin: z.string().optional(),
  'gs1:hasBatchLotNumber': z.string(),
  name: z.array(z.object({ '@language': z.string(), '@value': z.string() })),
  additionalProperty: z.array(
    z.object({ description: z.string(), minValue: z.number(), maxValue: z.number(), unitCode: z.string() }),
  ),
});
export type JsonLd = z.infer<typeof jsonLdSchema>;
