import type { Bilingual } from '../batches/batch-view.ts';

/** Whether a batch may be sold, gravest first: the first that applies is the batch's. Only `sellable` may. */
export const batchStatuses = ['unknown', 'recalled', 'on_hold', 'expired', 'sellable'] as const;

export type BatchStatus = (typeof batchStatuses)[number];

/** One thing that stands against selling a batch. */
export type StatusReason = {
  status: Exclude<BatchStatus, 'sellable'>;
  text: Bilingual;
  /** the batch of which it was said: this one, or one that it was made of */
  batchId: string;
  /** of the record that says so; null for what nobody had to say, such as a date that has passed */
  index: number | null;
  /** since when, Unix ms; null where it was never otherwise */
  at: number | null;
  by: string | null;
};

export type StatusView = {
  batchId: string;
  status: BatchStatus;
  /** all that stands, gravest first; empty where the batch is sellable */
  reasons: StatusReason[];
  /** end of its shelf life by its owner's word, Unix ms, not included; null where none was given */
  expiresAt: number | null;
  /** the moment that this is about, Unix ms */
  asOf: number;
};

/** What was said of a batch, in the order of the log. `at` is Unix ms. */
export type StatusFact = {
  kind: 'hold' | 'release' | 'recall' | 'recall-lifted';
  index: number;
  at: number;
  batchId: string;
  reason: Bilingual;
  by: string;
  /** of a release: which hold; null for all */
  hold: number | null;
  /** of a recall */
  class: number | null;
};
