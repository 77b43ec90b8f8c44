import type { Queries } from '@tianyuan/platform';
import { eq } from 'drizzle-orm';
import { batchColumns } from '../batches/batch.ts';
import { batches, catalogueFacts } from '../database/schema.ts';
import type { Projection } from '../records/projection.ts';
import type { DomainEvent, Recorded } from '../records/recorded.ts';
import { refuseCatalogueRecord } from './refuse-catalogue-record.ts';
import {
  type CatalogueBody,
  type CatalogueKind,
  catalogueKinds,
  catalogueStatements,
  idMembers,
} from './statements.ts';

/**
 * Products, SKUs, plots and batches. `batches` is not among the tables that a rebuild empties: a batch that was put before
 * the platform had a log has no record, and the last record about any other replaces its row whole.
 */
export const catalogueProjection: Projection = {
  name: 'catalogue',
  statements: catalogueStatements,
  takes: catalogueKinds,
  open: catalogueKinds,
  tables: [catalogueFacts],
  refuse: refuseCatalogueRecord,
  async apply(tx, record, emit) {
    const kind = record.name as CatalogueKind;
    const { index: atIndex, at, by } = record;
    const body = record.body as Record<string, unknown>;
    await tx
      .insert(catalogueFacts)
      .values({ kind, id: body[idMembers[kind]] as string, atIndex, at, by, body });
    if (kind === 'batch') await applyBatch(tx, record, emit);
  },
  batches: (_, { name, body }) =>
    Promise.resolve(name === 'batch' ? [(body as CatalogueBody<'batch'>).batchId] : []),
};

async function applyBatch(
  tx: Queries,
  { body, at, index }: Recorded,
  emit: (event: DomainEvent) => void,
): Promise<void> {
  const { batchId, ...batch } = body as CatalogueBody<'batch'>;
  const [before] = await tx
    .select({ createdAt: batches.createdAt })
    .from(batches)
    .where(eq(batches.batchId, batchId));
  const row = { ...batchColumns(batch), createdAt: before?.createdAt ?? at };
  await tx
    .insert(batches)
    .values({ batchId, ...row })
    .onConflictDoUpdate({ target: batches.batchId, set: row });
  if (before !== undefined) return;
  emit({
    type: 'Batch.Created',
    version: 1,
    payload: {
      batch_id: batchId,
      gtin: batch.gtin,
      lot: batch.lot,
      ...(batch.skuId !== undefined && { sku_id: batch.skuId }),
      ...(batch.totalQty !== undefined && { total_qty: batch.totalQty.quantity, unit: batch.totalQty.uom }),
      record_index: index,
    },
  });
}
