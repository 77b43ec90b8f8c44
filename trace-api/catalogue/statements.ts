import { isUscc, parseGtin } from '@tianyuan/protocol';
import { z } from '@hono/zod-openapi';
import { batchIdSchema, batchSchema } from '../batches/batch.ts';

// Requirement 5.2: what can be said of products, SKUs, plots and batches, as records of the platform's log.

const id = z.string().regex(/^[A-Za-z0-9._-]{1,64}$/);
const bilingual = z.strictObject({ zh: z.string().min(1).max(200), en: z.string().min(1).max(200) });
const uscc = z.string().refine(isUscc, 'not a 统一社会信用代码, GB 32100-2015');

const maxAttributes = 64;

/** Whatever a category has of its own: 品种, 规格, 等级. */
const attributes = z
  .record(z.string().min(1).max(64), z.union([z.string().max(500), z.int(), z.boolean()]))
  .refine((all) => Object.keys(all).length <= maxAttributes, `at most ${maxAttributes} attributes`);

const gtin = z.string().transform((text, ctx) => {
  try {
    return parseGtin(text);
  } catch (error) {
    ctx.addIssue({ code: 'custom', message: (error as Error).message });
    return z.NEVER;
  }
});

const product = {
  title: bilingual,
  categoryId: id,
  defaultSkuId: id.optional(),
  attributes: attributes.default({}),
  /** whose product it is: who has a role there may change it */
  organisation: uscc.optional(),
};

const sku = {
  productId: id,
  /** for people: 5 kg 装 */
  packSize: z.string().min(1).max(64),
  /** fen */
  price: z.int().min(0),
  /** grams */
  weight: z.int().min(1),
  /** a GTIN, kept in 14 digits */
  barCode: gtin,
  attributes: attributes.default({}),
};

const plot = {
  /** whose it is */
  organisation: uscc,
  name: bilingual,
  /** township and village, as people say it: where exactly is nobody's business */
  place: bilingual,
  /** square metres */
  area: z.int().min(1),
  irrigationSource: z.string().min(1).max(100).optional(),
};

export const productSchema = z.strictObject(product);
export const skuSchema = z.strictObject(sku);
export const plotSchema = z.strictObject(plot);

export const catalogueStatements = {
  product: z.strictObject({ productId: id, ...product }),
  sku: z.strictObject({ skuId: id, ...sku }),
  plot: z.strictObject({ farmPlotId: id, ...plot }),
  batch: batchSchema.extend({ batchId: batchIdSchema }),
};

export type CatalogueKind = keyof typeof catalogueStatements;
export type CatalogueBody<Kind extends CatalogueKind> = z.infer<(typeof catalogueStatements)[Kind]>;

/** The member by which a thing of each kind is called. */
export const idMembers = {
  product: 'productId',
  sku: 'skuId',
  plot: 'farmPlotId',
  batch: 'batchId',
} as const satisfies Record<CatalogueKind, string>;

export const catalogueKinds = Object.keys(catalogueStatements) as CatalogueKind[];
