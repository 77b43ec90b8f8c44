import { z } from '@hono/zod-openapi';
import { uoms } from '../genealogy/amount.ts';
import { batchViewSchema } from '../batches/batch-view-schema.ts';
import { nationalFaults } from './fault.ts';
import { nationalRecordSchema } from './mapping/national-record.ts';
import { fieldNames } from './merge-sources.ts';
import { algorithms } from './signing/signature.ts';
import type { ProductTrace } from './view-product-trace.ts';

const bilingual = z.object({ zh: z.string(), en: z.string() });
const time = z.int().openapi({ description: 'Unix ms' });
const hash = z.string().openapi({ description: 'SHA-256, hex' });
const recordIndex = z.int().openapi({ description: "of the statement in the platform's log" });
const value = z.union([z.string(), z.object({ quantity: z.int(), uom: z.enum(uoms) })]);

const national = z
  .object({
    state: z.enum(['live', 'cached', 'none', 'refused']).openapi({
      description:
        '`cached`: the last good copy, whose age is `ageMs`; `refused`: the platform knows no such code',
    }),
    words: bilingual,
    traceCode: z.string().nullable(),
    record: nationalRecordSchema.nullable(),
    kept: z
      .array(
        z.object({ pointer: z.string(), value: z.unknown(), why: z.enum(['unknown', 'unreadable', 'form']) }),
      )
      .openapi({ description: 'what the mapping did not carry over, with its place in their document' }),
    ageMs: z.int().nullable(),
    environment: z.string().nullable(),
    mapping: z.string().nullable(),
    hash: hash.nullable(),
    recordIndex: recordIndex.nullable(),
    verifiedAt: time.nullable(),
    changes: z.array(z.object({ at: time, recordIndex, hash, before: z.object({ recordIndex, hash }) })),
    fault: z.object({ outcome: z.enum(['record', ...nationalFaults]), at: time }).nullable(),
  })
  .openapi('NationalView');

const anchor = batchViewSchema.shape.anchor;

/** {@link ProductTrace} as the generated documentation shows it. */
export const productTraceSchema = z
  .object({
    version: z.literal(2),
    productId: z.string(),
    batchId: z.string(),
    own: z.object({
      state: z.enum(['final', 'anchored', 'mirrored', 'none', 'contradicted']),
      at: time.nullable(),
      trace: batchViewSchema,
    }),
    national: national.extend({
      proof: z
        .object({
          algorithm: z.enum(algorithms),
          keyId: z.string().nullable(),
          text: z.string(),
          signature: z.string(),
          body: z.string(),
        })
        .nullable()
        .openapi({
          description:
            'what the platform signed, in its own words: the text ends in the digest of the body, which is in base64 as the signature is',
        }),
    }),
    transaction: z.object({ state: z.enum(['final', 'anchored', 'none']), at: time.nullable(), anchor }),
    fields: z.array(
      z.object({
        field: z.enum(fieldNames),
        name: bilingual,
        said: z.array(z.object({ source: z.enum(['own', 'national']), value, at: time.nullable() })),
        agreement: z.enum(['agree', 'disagree', 'only-own', 'only-national']),
      }),
    ),
    disagreements: z.array(z.enum(fieldNames)),
  })
  .openapi('ProductTrace') satisfies z.ZodType<ProductTrace>;
