import { type EventDefinition, eventRegistry } from '@tianyuan/platform';
import { z } from 'zod';
import { batchEvents } from './batch-events.ts';
import { batchId, principal, recordIndex, sample, sha256 } from './event-fields.ts';

const { batch_id, record_index } = sample;

const recordChanged: EventDefinition = {
  type: 'Trace.RecordChanged',
  version: 1,
  summary: {
    zh: '某来源对批次的记录与先前不同：两次回答的哈希都已入日志。',
    en: 'What a source says of a batch differs from what it said before; the hashes of both answers are logged.',
  },
  payload: z.object({
    batch_id: batchId,
    source: z.string().max(64).describe('whose record it is, such as national'),
    before: sha256.optional(),
    after: sha256.optional(),
    record_index: recordIndex,
  }),
  example: { batch_id, source: 'national', before: sample.sha256, after: '0'.repeat(64), record_index },
};

const reportRecorded: EventDefinition = {
  type: 'Report.Recorded',
  version: 1,
  summary: { zh: '记录了一份报告的哈希。', en: 'A report was recorded by its hash.' },
  payload: z.object({
    batch_id: batchId.optional(),
    kind: z.string().max(32),
    sha256,
    by: principal,
    record_index: recordIndex,
  }),
  example: { batch_id, kind: 'inspection', sha256: sample.sha256, by: 'lab-7', record_index },
};

const reportRead: EventDefinition = {
  type: 'Report.Read',
  version: 1,
  summary: { zh: '登记了报告正文的检测结果。', en: 'What a report says inside was declared.' },
  payload: z.object({ report_index: recordIndex.describe('of the report'), record_index: recordIndex }),
  example: { report_index: 40, record_index },
};

const caseOpened: EventDefinition = {
  type: 'Case.Opened',
  version: 1,
  summary: {
    zh: '报告与溯源记录不符，已立案。',
    en: 'A report disagrees with the trace, and a case was opened.',
  },
  payload: z.object({
    batch_id: batchId,
    disagreement: z.string().max(64),
    report_index: recordIndex.describe('of the report in question'),
    holds: z.boolean().describe('whether the batch was held for it'),
    record_index: recordIndex,
  }),
  example: { batch_id, disagreement: 'over-limit', report_index: 40, holds: true, record_index },
};

const workOrderOpened: EventDefinition = {
  type: 'WorkOrder.Opened',
  version: 1,
  summary: {
    zh: '质检得分低于阈值，已开工单。',
    en: 'A score is below its threshold, and a work order was opened.',
  },
  payload: z.object({
    batch_id: batchId,
    check_index: recordIndex.describe('of the quality check'),
    score: z.int().min(0).max(100_000),
    threshold: z.int().min(0).max(100_000),
    record_index: recordIndex,
  }),
  example: { batch_id, check_index: 40, score: 41_000, threshold: 60_000, record_index },
};

/** Every event that trace publishes. */
export const traceEvents = eventRegistry([
  ...batchEvents,
  recordChanged,
  reportRecorded,
  reportRead,
  caseOpened,
  workOrderOpened,
]);
