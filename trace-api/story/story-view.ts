import type { Bilingual } from '../batches/batch-view.ts';
import type { CompletenessView } from '../cold-chain/read-completeness.ts';
import type { ExcursionsView } from '../cold-chain/read-excursions.ts';
import type { ShelfLifeView } from '../cold-chain/read-shelf-life.ts';
import type { Amount } from '../genealogy/amount.ts';
import type { GenealogyGraph } from '../genealogy/genealogy-graph.ts';
import type { NationalView } from '../national/read-national.ts';
import type { QualityView } from '../quality/read-quality.ts';
import type { ReportView } from '../reports/read-reports.ts';

/** What a step did with a lot: `in` was used up, `out` was made, `with` was there. */
export type StoryLot = { number: string; flow: 'in' | 'out' | 'with'; amount: Amount | null };

/** One thing that somebody did and signed, in words for readers. */
export type StoryStep = {
  /** when it happened by its own word, Unix ms */
  time: number;
  words: Bilingual;
  /** whose word it is: the signer's organisation, where it is known */
  who: Bilingual;
  place: Bilingual | null;
  from: Bilingual | null;
  to: Bilingual | null;
  lots: StoryLot[];
  /** of the record in the platform's log */
  index: number;
};

/** What people, organisations and other platforms say of a batch, each under its own signature or name. */
export type StoryView = {
  /** of the platform's own log, in which all of it is */
  logId: string;
  steps: StoryStep[];
  genealogy: GenealogyGraph | null;
  coldChain: ColdChainView;
  reports: NamedReport[];
  quality: QualityView;
  national: NationalView;
};

export type ColdChainView = ExcursionsView & {
  completeness: CompletenessView[];
  /** null where no profile with a model is chosen, or too little was measured */
  shelfLife: ShelfLifeView | null;
};

/** `issuerName`: of an issuer that is an organisation known here; else as the report has it. */
export type NamedReport = ReportView & { issuerName: Bilingual };
