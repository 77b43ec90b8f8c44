import type { Queries } from '@tianyuan/platform';
import { eq } from 'drizzle-orm';
import { findBatch } from '../batches/find-batch.ts';
import { qualityChecks, workOrders, workOrdersDone } from '../database/schema.ts';
import { errors } from '../errors.ts';
import { authorize, principalOf } from '../people/authorize.ts';
import type { Action } from '../people/action.ts';
import type { Projection } from '../records/projection.ts';
import type { DomainEvent, Recorded, Refusal } from '../records/recorded.ts';
import { type QualityStatement, qualityStatements } from './statements.ts';

/** What models said of batches, and the work that came of it. */
export const qualityProjection: Projection = {
  name: 'quality',
  statements: qualityStatements,
  takes: Object.keys(qualityStatements),
  open: ['quality-check'],
  tables: [qualityChecks, workOrders, workOrdersDone],
  refuse,
  apply,
  async batches(tx, record) {
    const batch = await batchOf(tx, record as Recorded & QualityStatement);
    return batch === undefined ? [] : [batch];
  },
};

async function batchOf(tx: Queries, { name, body }: QualityStatement): Promise<string | undefined> {
  if (name !== 'work-order-done') return body.batch;
  const [order] = await tx
    .select({ batchId: workOrders.batchId })
    .from(workOrders)
    .where(eq(workOrders.atIndex, body.order));
  return order?.batchId;
}

async function refuse(tx: Queries, record: Recorded): Promise<Refusal | undefined> {
  const said = record as Recorded & QualityStatement;
  const batch = await batchOf(tx, said);
  if (batch === undefined) return noWorkOrder(said);
  if ((await findBatch(tx, { batchId: batch })) === undefined) {
    return { kind: errors.unknownBatch, detail: `batch: there is no batch ${batch}` };
  }
  const action: Action = said.name === 'work-order-done' ? 'handle-case' : 'report';
  if (!(await authorize(tx, principalOf(record.by), action, { kind: 'batch', id: batch }, record.at))) {
    return {
      kind: errors.roleMissing,
      detail: `${record.by} holds no role over batch ${batch} with which to ${action}`,
    };
  }
  if (said.name !== 'work-order-done') return undefined;
  const done = await tx.select().from(workOrdersDone).where(eq(workOrdersDone.orderIndex, said.body.order));
  return done.length > 0 ? noWorkOrder(said) : undefined;
}

function noWorkOrder({ name, body }: QualityStatement): Refusal {
  const order = name === 'work-order-done' ? body.order : 0;
  return { kind: errors.nothingOpen, detail: `order: there is no open work order ${order}` };
}

async function apply(tx: Queries, record: Recorded, emit: (event: DomainEvent) => void): Promise<void> {
  const fact = { atIndex: record.index, at: record.at, by: record.by };
  const said = record as Recorded & QualityStatement;
  switch (said.name) {
    case 'quality-check': {
      const { batch, file, sample, model, version, score, verdict, findings } = said.body;
      const { sha256 } = file;
      await tx
        .insert(qualityChecks)
        .values({ ...fact, batchId: batch, sha256, kind: sample, model, version, score, findings });
      const payload = { batch_id: batch, score, verdict, model, version, sha256, record_index: record.index };
      emit({ type: 'Batch.QualityChecked', version: 1, payload });
      return;
    }
    case 'work-order': {
      const { batch, check, score, threshold } = said.body;
      await tx.insert(workOrders).values({ ...fact, batchId: batch, checkIndex: check, score, threshold });
      const payload = { batch_id: batch, check_index: check, score, threshold, record_index: record.index };
      emit({ type: 'WorkOrder.Opened', version: 1, payload });
      return;
    }
    case 'work-order-done': {
      const { order, note } = said.body;
      await tx.insert(workOrdersDone).values({ ...fact, orderIndex: order, note });
    }
  }
}
