import type { Bilingual } from '../batches/batch-view.ts';
import type { Amount } from './amount.ts';

/** A lot in a genealogy. */
export type LotNode = {
  /** https://id.gs1.org/01/{gtin}/10/{lot} */
  lot: string;
  gtin: string;
  number: string;
  /** null where no owner spoke of the lot, or not in public */
  batchId: string | null;
  product: Bilingual | null;
  /** commissioned, or made of others; null where nobody said how much */
  produced: Amount | null;
  isSubject: boolean;
};

/** One lot went into another: what the event used of the one, and made of the other, all of its lots together. */
export type LotEdge = {
  from: string;
  to: string;
  used: Amount;
  made: Amount;
  step: string | null;
  /** of the record in the platform's log */
  index: number;
};

export type GenealogyGraph = { nodes: LotNode[]; edges: LotEdge[] };
