import { deviceIdSchema, isLot, parseGtin, quantityNames } from '@tianyuan/protocol';
import { z } from '@hono/zod-openapi';
import { uoms } from '../genealogy/amount.ts';

const bilingual = z.object({ zh: z.string().min(1).max(200), en: z.string().min(1).max(200) }).strict();

const maxDevices = 1_000; // of one batch: a large orchard's sensors and the trucks after it
const maxLimits = 100;
const deviceIds = z.array(deviceIdSchema).max(maxDevices);

/** What was agreed for a quantity, in the data dictionary's scaled unit; at least one end is given. */
const limit = z
  .strictObject({
    type: z.enum(quantityNames.filter((name) => name !== 'gps')),
    min: z.int().optional(),
    max: z.int().optional(),
    /** for these devices only: the truck is kept cold, the orchard has weather */
    devices: deviceIds.optional(),
  })
  .refine(({ min, max }) => min !== undefined || max !== undefined, 'a limit has a min, a max or both')
  .refine(({ min, max }) => min === undefined || max === undefined || min <= max, 'min is above max');

const batchIdPattern = /^[A-Za-z0-9._-]{1,64}$/;

export const batchIdSchema = z
  .string()
  .regex(batchIdPattern)
  .openapi({ description: 'the `batch` that messages carry', example: 'B2026-0731' });

const id = z.string().regex(batchIdPattern);
const day = z.iso.date().openapi({ example: '2026-11-20' });

/** Requirement 5.2, word by word. All of it may be left out: a curve of temperatures needs none of it. */
const described = {
  /** of a SKU in the catalogue, whose bar code is this batch's GTIN */
  skuId: id.optional(),
  harvestYear: z.int().min(2000).max(2100).optional(),
  processingDate: day.optional(),
  /** a person's id; what is kept of the person is not here */
  farmerId: deviceIdSchema.optional(),
  /** of a plot in the catalogue */
  farmPlotId: id.optional(),
  irrigationSource: z.string().min(1).max(100).optional(),
  pesticideReportId: z.string().min(1).max(64).optional(),
  qualityGrade: z.string().min(1).max(32).optional(),
  inspectionReportUrl: z
    .url({ protocol: /^https?$/ })
    .max(512)
    .optional(),
  /** its record on the national platform, 溯源中国 */
  traceRecordId: z.string().min(1).max(64).optional(),
  /** all that there is of it to use and to sell */
  totalQty: z.strictObject({ quantity: z.int().min(1), uom: z.enum(uoms) }).optional(),
  /** the last day on which it may be sold */
  expiryDate: day.optional(),
  /** of the product profile by which its cold chain is judged */
  profileId: id.optional(),
};

/** What its owner says of a batch. */
export const batchSchema = z
  .strictObject({
    gtin: z.string().transform((text, ctx) => {
      try {
        return parseGtin(text);
      } catch (error) {
        ctx.addIssue({ code: 'custom', message: (error as Error).message });
        return z.NEVER;
      }
    }),
    lot: z.string().refine(isLot, 'a lot number has 1 to 20 characters of GS1 figure 7.11-1'),
    product: bilingual,
    origin: bilingual,
    /** Unix ms */
    harvestedAt: z.int().min(0).optional(),
    limits: z.array(limit).max(maxLimits),
    devices: deviceIds,
    published: z.boolean(),
    ...described,
  })
  .openapi('Batch', {
    example: {
      gtin: '06901234567892',
      lot: 'A-0731',
      product: { zh: '红富士苹果', en: 'Fuji apples' },
      origin: { zh: '陕西洛川', en: 'Luochuan, Shaanxi' },
      harvestedAt: 1785456000000,
      limits: [{ type: 'temperature', min: 0, max: 8000 }],
      devices: ['orchard-01', 'truck-07'],
      published: true,
    },
  });

export type Limit = z.infer<typeof limit>;
export type Batch = z.infer<typeof batchSchema>;

/** Its columns in the table `batches`: null where its owner does not say. */
export function batchColumns(batch: Batch) {
  return {
    gtin: batch.gtin,
    lot: batch.lot,
    product: batch.product,
    origin: batch.origin,
    harvestedAt: batch.harvestedAt ?? null,
    limits: batch.limits,
    devices: batch.devices,
    published: batch.published,
    skuId: batch.skuId ?? null,
    harvestYear: batch.harvestYear ?? null,
    processingDate: batch.processingDate ?? null,
    farmerId: batch.farmerId ?? null,
    farmPlotId: batch.farmPlotId ?? null,
    irrigationSource: batch.irrigationSource ?? null,
    pesticideReportId: batch.pesticideReportId ?? null,
    qualityGrade: batch.qualityGrade ?? null,
    inspectionReportUrl: batch.inspectionReportUrl ?? null,
    traceRecordId: batch.traceRecordId ?? null,
    totalQty: batch.totalQty ?? null,
    expiryDate: batch.expiryDate ?? null,
    profileId: batch.profileId ?? null,
  };
}

/** The batch that a message names. Messages may name it in characters that no batch here can have, U+0000 included. */
export function batchOf(message: { batch?: string | undefined } | null): string | undefined {
  const batch = message?.batch;
  return batch !== undefined && batchIdPattern.test(batch) ? batch : undefined;
}
