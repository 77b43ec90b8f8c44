import type { Queries } from '@tianyuan/platform';
import type { AnchorView, BatchView } from '../batches/batch-view.ts';
import type { BatchRow } from '../batches/find-batch.ts';
import { viewBatch } from '../batches/view-batch.ts';
import type { When } from '../batches/when.ts';
import { type FieldName, type FieldProvenance, mergeSources } from './merge-sources.ts';
import { type NationalProof, readNationalProof } from './read-national-proof.ts';
import { type NationalView, readNational } from './read-national.ts';
import { stateWords } from './state-words.ts';
import { traceCodeOf } from './trace-codes.ts';

/** The merged view of requirement section 8: three sources, each with how far it is verified and when. Times are Unix ms. */
export type ProductTrace = {
  version: 2;
  productId: string;
  batchId: string;
  /** `contradicted`: a log of its readings signed two histories */
  own: {
    state: 'final' | 'anchored' | 'mirrored' | 'none' | 'contradicted';
    at: number | null;
    trace: BatchView;
  };
  national: NationalView & { words: { zh: string; en: string }; proof: NationalProof | null };
  transaction: { state: 'final' | 'anchored' | 'none'; at: number | null; anchor: AnchorView | null };
  /** who said what, field by field */
  fields: FieldProvenance[];
  disagreements: FieldName[];
};

export async function viewProductTrace(
  queries: Queries,
  productId: string,
  batch: BatchRow,
  { platformLogId, when }: { platformLogId: string | undefined; when: When },
): Promise<ProductTrace> {
  const { batchId, gtin, lot, product, harvestedAt, totalQty, createdAt } = batch;
  const trace = await viewBatch(queries, batch, platformLogId, when);
  const national = await readNational(queries, batchId, when.asOf, when.timeMs);
  const { anchor } = trace;
  const facts = {
    productName: product.zh,
    gtin,
    lot,
    traceCode: traceCodeOf(batch) ?? null,
    harvestedAt,
    quantity: totalQty,
  };
  const fields = mergeSources(facts, national.record, { own: createdAt, national: national.verifiedAt });
  return {
    version: 2,
    productId,
    batchId,
    own: { state: ownState(trace), at: trace.period?.to ?? null, trace },
    national: {
      ...national,
      words: stateWords[national.state],
      proof: await readNationalProof(queries, national.recordIndex),
    },
    transaction: { state: anchor?.state ?? 'none', at: anchor?.blockTime ?? null, anchor },
    fields,
    disagreements: fields.flatMap(({ field, agreement }) => (agreement === 'disagree' ? field : [])),
  };
}

/** As far as all of its messages got. */
function ownState({ contradicted, messages }: BatchView): ProductTrace['own']['state'] {
  if (contradicted.length > 0) return 'contradicted';
  if (messages.mirrored === 0) return 'none';
  if (messages.final === messages.mirrored) return 'final';
  return messages.anchored === messages.mirrored ? 'anchored' : 'mirrored';
}
