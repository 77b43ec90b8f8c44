import type { EventDefinition } from '@tianyuan/platform';
import { z } from 'zod';
import { batchId, instant, principal, reason, recordIndex, sample, sha256 } from './event-fields.ts';

const { batch_id, by, record_index } = sample;

const created: EventDefinition = {
  type: 'Batch.Created',
  version: 1,
  summary: { zh: '登记了一个批次。', en: 'A batch was registered.' },
  payload: z.object({
    batch_id: batchId,
    gtin: z
      .string()
      .regex(/^\d{14}$/)
      .describe('14 digits'),
    lot: z.string().min(1).max(20),
    sku_id: z.string().max(64).optional(),
    total_qty: z.int().min(0).optional(),
    unit: z.string().max(3).optional().describe('UN/ECE Recommendation 20: GRM or H87'),
    record_index: recordIndex,
  }),
  example: {
    batch_id,
    gtin: '06901234567892',
    lot: 'GN-1107',
    sku_id: 'navel-5kg',
    total_qty: 1_200_000,
    unit: 'GRM',
    record_index: 12,
  },
};

const excursion: EventDefinition = {
  type: 'Batch.Excursion',
  version: 1,
  summary: {
    zh: '批次的冷链超出了约定：可用所列日志叶子重新算出。',
    en: 'A batch left its cold chain profile; the leaves that are named let anybody work it out again.',
  },
  payload: z.object({
    batch_id: batchId,
    rule: z.string().max(64).describe('the rule that found it, such as threshold, duration or mkt'),
    profile: z.string().max(64).optional().describe("the product's profile"),
    device: z.string().max(64).optional(),
    type: z.string().max(32).optional().describe('what was measured, by the data dictionary'),
    from: instant,
    until: instant.optional().describe('absent while it lasts'),
    peak: z.int().optional().describe('the worst value, in the scaled unit of the data dictionary'),
    limit: z.int().optional().describe('what was agreed, in the same unit'),
    log_id: z.string().optional(),
    first_leaf: z.int().min(0).optional(),
    last_leaf: z.int().min(0).optional(),
  }),
  example: {
    batch_id,
    rule: 'threshold',
    profile: 'citrus',
    device: 'truck-07',
    type: 'temperature',
    from: '2026-11-25T02:00:00.000Z',
    until: '2026-11-25T02:40:00.000Z',
    peak: 11_400,
    limit: 8_000,
    log_id: sample.sha256,
    first_leaf: 512,
    last_leaf: 552,
  },
};

const recalled: EventDefinition = {
  type: 'Batch.Recalled',
  version: 1,
  summary: {
    zh: '批次已召回：被召回批次及其每个后代批次各发一条。',
    en: 'A batch is recalled; one event for the batch that was named and one for each of its descendants.',
  },
  payload: z.object({
    batch_id: batchId,
    recalled_batch_id: batchId.describe('the batch that was named; batch_id is that or a descendant of it'),
    class: z
      .int()
      .min(1)
      .max(3)
      .describe('《食品召回管理办法》: 1 within 24 hours, 2 within 48, 3 within 72'),
    reason,
    by: principal,
    record_index: recordIndex,
  }),
  example: {
    batch_id: 'mixed-2026-11',
    recalled_batch_id: batch_id,
    class: 1,
    reason: { zh: '农药残留超标', en: 'pesticide residue over the limit' },
    by: 'owner',
    record_index,
  },
};

const recallLifted: EventDefinition = {
  type: 'Batch.RecallLifted',
  version: 1,
  summary: { zh: '召回已撤销。', en: 'A recall was lifted; sent for each batch that it had reached.' },
  payload: z.object({
    batch_id: batchId,
    recalled_batch_id: batchId,
    reason,
    by: principal,
    record_index: recordIndex,
  }),
  example: {
    batch_id,
    recalled_batch_id: batch_id,
    reason: { zh: '批号录入有误', en: 'the lot was mistyped' },
    by: 'owner',
    record_index: 44,
  },
};

const standing = z.object({ batch_id: batchId, reason, by: principal, record_index: recordIndex });

const held: EventDefinition = {
  type: 'Batch.Held',
  version: 1,
  summary: { zh: '批次暂停销售。', en: 'A batch may not be sold for now.' },
  payload: standing,
  example: { batch_id, reason: { zh: '等待复检', en: 'waiting for a second test' }, by, record_index },
};

const released: EventDefinition = {
  type: 'Batch.Released',
  version: 1,
  summary: { zh: '批次的一项暂停已解除。', en: 'A hold on a batch was released; others may stand.' },
  payload: standing.extend({
    held_index: recordIndex.optional().describe('the hold that was released; absent for all'),
  }),
  example: {
    batch_id,
    reason: { zh: '复检合格', en: 'the second test was passed' },
    by,
    record_index: 47,
    held_index: record_index,
  },
};

const proven: EventDefinition = {
  type: 'Batch.Proven',
  version: 1,
  summary: { zh: '批次摘要已上链。', en: "A batch's summary is on the chain." },
  payload: z.object({
    batch_id: batchId,
    record_index: recordIndex,
    log_id: z.string(),
    log_size: z.int().min(1).optional(),
    chain_id: z.int().min(1).optional(),
    transaction_hash: z.string().max(66),
    block_number: z.int().min(0).optional(),
  }),
  example: {
    batch_id,
    record_index,
    log_id: sample.sha256,
    log_size: 64,
    chain_id: 31_337,
    transaction_hash: '0xc3d5f1a09b7e4c2286f0d1e3a5b7c9d00f1e2d3c4b5a69788796a5b4c3d2e1f0',
    block_number: 48_213,
  },
};

const qualityChecked: EventDefinition = {
  type: 'Batch.QualityChecked',
  version: 1,
  summary: {
    zh: '质量模型给批次打了分：只是筛查，不是等级。',
    en: 'A model scored a batch: a screening, never a grade.',
  },
  payload: z.object({
    batch_id: batchId,
    score: z.int().min(0).max(100_000).describe('m%: 87,500 is 87.5'),
    verdict: z.literal('screening'),
    model: z.string(),
    version: z.string(),
    sha256,
    record_index: recordIndex,
  }),
  example: {
    batch_id,
    score: 87_500,
    verdict: 'screening',
    model: 'citrus-colour',
    version: '1',
    sha256: sample.sha256,
    record_index,
  },
};

export const batchEvents: readonly EventDefinition[] = [
  created,
  excursion,
  recalled,
  recallLifted,
  held,
  released,
  proven,
  qualityChecked,
];
