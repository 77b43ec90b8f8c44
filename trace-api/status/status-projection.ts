import type { Queries } from '@tianyuan/platform';
import { findBatch } from '../batches/find-batch.ts';
import { statusFacts } from '../database/schema.ts';
import { errors } from '../errors.ts';
import { findBatches } from '../genealogy/find-batches.ts';
import { readEvent } from '../genealogy/read-event.ts';
import { authorize, principalOf } from '../people/authorize.ts';
import type { Action } from '../people/action.ts';
import type { Projection } from '../records/projection.ts';
import { type DomainEvent, type Recorded, type Refusal, isRefusal } from '../records/recorded.ts';
import { readRelatives } from './batch-lineage.ts';
import { standingFacts } from './judge-status.ts';
import { readStatus, readStatusFacts } from './read-status.ts';
import { readRecallEvent, recordedRecall } from './recall-event.ts';
import { type StatusStatement, statusStatements } from './statements.ts';

/** Holds, releases and recalls of batches; a recall is also a signed event. */
export const statusProjection: Projection = {
  name: 'status',
  statements: statusStatements,
  takes: [...Object.keys(statusStatements), 'sale', 'event'],
  open: Object.keys(statusStatements), // buyers are told why
  tables: [statusFacts],
  refuse,
  apply,
  async batches(tx, record) {
    const said = await saidOf(tx, record);
    if (said === undefined) return [];
    const { batch } = said.body;
    if (!said.name.startsWith('recall')) return [batch];
    return [batch, ...(await readRelatives(tx, batch, 'descendants', record.index))];
  },
};

const actions: Record<StatusStatement['name'], Action> = {
  hold: 'hold',
  release: 'release',
  recall: 'recall',
  'recall-lifted': 'recall',
};

/** What a statement says, or a recall that somebody signed; undefined for every other record. */
async function saidOf(tx: Queries, record: Recorded): Promise<StatusStatement | undefined> {
  if (record.name === 'sale') return undefined;
  if (record.name !== 'event') return record as Recorded & StatusStatement;
  const body = await recordedRecall(tx, record.body);
  return body && { name: 'recall', body };
}

/** What may not be sold is not: neither a shop's slow cache nor a forgotten tab gets round a recall. */
async function refuseSale(
  tx: Queries,
  batchId: string,
  { index, at }: Recorded,
): Promise<Refusal | undefined> {
  const { status, reasons } = await readStatus(tx, batchId, index, at);
  if (status === 'sellable') return undefined;
  const why = reasons.map(({ text }) => `${text.zh} ${text.en}`).join('; ');
  return { kind: errors.notForSale, detail: `batchId: ${batchId} is ${status}: ${why}` };
}

/** The batches of which an event sells. */
async function soldIn(tx: Queries, event: unknown): Promise<string[]> {
  const facts = readEvent(event);
  if ('rule' in facts) return [];
  const lots = facts.lots.filter(({ role }) => role === 'sold').map(({ lot }) => lot);
  return [...(await findBatches(tx, lots)).values()].map(({ batchId }) => batchId);
}

/** Whether there is such a batch, whether who asks may, and whether there is anything to release or lift. */
async function refuse(tx: Queries, record: Recorded): Promise<Refusal | undefined> {
  if (record.name === 'sale') return refuseSale(tx, (record.body as { batchId: string }).batchId, record);
  if (record.name === 'event') {
    for (const batchId of await soldIn(tx, record.body)) {
      const refusal = await refuseSale(tx, batchId, record);
      if (refusal !== undefined) return refusal;
    }
    const recall = await readRecallEvent(tx, record.body);
    if (recall === undefined || isRefusal(recall)) return recall;
  }
  const said = (await saidOf(tx, record))!;
  const { batch } = said.body;
  if ((await findBatch(tx, { batchId: batch })) === undefined) {
    return { kind: errors.unknownBatch, detail: `batch: there is no batch ${batch}` };
  }
  const scope = { kind: 'batch' as const, id: batch };
  if (!(await authorize(tx, principalOf(record.by), actions[said.name], scope, record.at))) {
    const detail = `${record.by} holds no role over batch ${batch} with which to ${actions[said.name]}`;
    return { kind: errors.roleMissing, detail };
  }
  const standing = standingFacts(await readStatusFacts(tx, [batch], record.index));
  const recall = standing.find(({ kind }) => kind === 'recall');
  switch (said.name) {
    case 'hold':
      return undefined;
    case 'release': {
      const { hold } = said.body;
      const holds = standing.filter(({ kind }) => kind === 'hold');
      if (holds.some(({ index }) => hold === undefined || index === hold)) return undefined;
      const what = hold === undefined ? 'no hold of its own' : `no hold ${hold}`;
      return { kind: errors.nothingStands, detail: `hold: batch ${batch} has ${what} that still stands` };
    }
    case 'recall':
      if (recall === undefined) return undefined;
      return {
        kind: errors.alreadyRecalled,
        detail: `batch: ${batch} is recalled since record ${recall.index}; lift that recall first to change it`,
      };
    case 'recall-lifted':
      if (recall !== undefined) return undefined;
      return {
        kind: errors.nothingStands,
        detail: `batch: ${batch} is not recalled itself; a recall is lifted on the batch that it named`,
      };
  }
}

async function apply(tx: Queries, record: Recorded, emit: (event: DomainEvent) => void): Promise<void> {
  const said = await saidOf(tx, record);
  if (said === undefined) return; // a sale is only refused here
  const { index, at, by } = record;
  const { batch, reason } = said.body;
  await tx.insert(statusFacts).values({
    atIndex: index,
    at,
    by,
    batchId: batch,
    kind: said.name,
    reason,
    hold: said.name === 'release' ? (said.body.hold ?? null) : null,
    class: said.name === 'recall' ? said.body.class : null,
    evidence: said.name === 'recall' ? (said.body.evidence ?? null) : null,
  });
  const about = { reason, by, record_index: index };
  switch (said.name) {
    case 'hold':
      emit({ type: 'Batch.Held', version: 1, payload: { batch_id: batch, ...about } });
      return;
    case 'release': {
      const { hold } = said.body;
      const payload = { batch_id: batch, ...about, ...(hold !== undefined && { held_index: hold }) };
      emit({ type: 'Batch.Released', version: 1, payload });
      return;
    }
    case 'recall':
    case 'recall-lifted': {
      const type = said.name === 'recall' ? 'Batch.Recalled' : 'Batch.RecallLifted';
      const ofClass = said.name === 'recall' ? { class: said.body.class } : {};
      for (const reached of [batch, ...(await readRelatives(tx, batch, 'descendants', index))]) {
        const payload = { batch_id: reached, recalled_batch_id: batch, ...ofClass, ...about };
        emit({ type, version: 1, payload });
      }
    }
  }
}
