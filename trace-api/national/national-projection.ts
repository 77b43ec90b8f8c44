import { and, desc, eq } from 'drizzle-orm';
import { z } from 'zod';
import { nationalResponses } from '../database/schema.ts';
import type { Projection } from '../records/projection.ts';
import { nationalFaults } from './fault.ts';
import { traceCodePattern } from './national-trace-adapter.ts';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** The statement `national-response`: that the platform answered so, by the hash of the bytes. */
const nationalResponse = z.strictObject({
  batchId: z.string().min(1).max(64),
  traceCode: z.string().regex(traceCodePattern),
  environment: z.string().max(32),
  mapping: z.string().max(20),
  status: z.int().min(100).max(599),
  sha256,
  outcome: z.enum(['record', ...nationalFaults]),
  signature: z.enum(['valid', 'invalid', 'absent']),
  keyId: z.string().max(64).optional(),
  content: sha256.optional(),
});

export type NationalResponseStatement = z.infer<typeof nationalResponse>;

/**
 * Every answer of the national platform, and where a record says something else than the one before it. Two environments are
 * two sources: one is not a change of the other.
 */
export const nationalProjection: Projection = {
  name: 'national',
  statements: { 'national-response': nationalResponse },
  takes: ['national-response'],
  open: ['national-response'],
  tables: [nationalResponses],
  async apply(tx, { index, at, body }, emit) {
    const said = body as NationalResponseStatement;
    const before = said.content === undefined ? undefined : await readLastRecord(said);
    const isChanged = before !== undefined && before.content !== said.content;
    await tx.insert(nationalResponses).values({
      ...said,
      atIndex: index,
      at,
      keyId: said.keyId ?? null,
      content: said.content ?? null,
      changedFrom: isChanged ? before.atIndex : null,
    });
    if (!isChanged) return;
    const payload = { batch_id: said.batchId, source: 'national', before: before.sha256, after: said.sha256 };
    emit({ type: 'Trace.RecordChanged', version: 1, payload: { ...payload, record_index: index } });

    async function readLastRecord({ batchId, traceCode, environment }: NationalResponseStatement) {
      const [row] = await tx
        .select()
        .from(nationalResponses)
        .where(
          and(
            eq(nationalResponses.batchId, batchId),
            eq(nationalResponses.traceCode, traceCode),
            eq(nationalResponses.environment, environment),
            eq(nationalResponses.outcome, 'record'),
          ),
        )
        .orderBy(desc(nationalResponses.atIndex))
        .limit(1);
      return row;
    }
  },
  batches: (_, { body }) => Promise.resolve([(body as NationalResponseStatement).batchId]),
};
