import { z } from 'zod';
import { uoms } from '../../genealogy/amount.ts';

const quantity = z.strictObject({ quantity: z.int().min(0), uom: z.enum(uoms) });
const operator = z.strictObject({
  name: z.string().optional(),
  /** 统一社会信用代码 */
  uscc: z.string().optional(),
  /** 行政区划代码 */
  area: z.string().optional(),
});

const stages = ['production', 'purchase', 'storage', 'transport', 'processing'] as const;

/** The platform's record in our words. Everything is optional: what they left out or wrote otherwise is not made up. */
export const nationalRecordSchema = z.strictObject({
  schemaVersion: z.string().optional(),
  traceCode: z.string().optional(),
  productName: z.string().optional(),
  gtin: z.string().optional(),
  lot: z.string().optional(),
  quantity: quantity.optional(),
  producer: operator.optional(),
  /** 环节: what each operator took in and gave on, in their order */
  stages: z
    .array(
      z.strictObject({
        stage: z.enum(stages).optional(),
        operator: operator.optional(),
        /** 入库批次, and when */
        inLot: z.string().optional(),
        inTime: z.int().optional(),
        /** 来源, whom it came from */
        source: z.string().optional(),
        /** 出库批次, and when */
        outLot: z.string().optional(),
        outTime: z.int().optional(),
        /** 去向, whom it went to */
        destination: z.string().optional(),
        quantity: quantity.optional(),
      }),
    )
    .optional(),
  inspections: z
    .array(
      z.strictObject({
        number: z.string().optional(),
        agency: z.string().optional(),
        result: z.enum(['pass', 'fail']).optional(),
        date: z.string().optional(),
      }),
    )
    .optional(),
  certificate: z.string().optional(),
});

export type NationalRecord = z.infer<typeof nationalRecordSchema>;
