import type { Amount } from '../genealogy/amount.ts';
import type { NationalRecord } from './mapping/national-record.ts';

/** What our own trace says of a batch, as far as the national platform may say something of it, too. */
export type OwnFacts = {
  productName: string;
  /** 14 digits */
  gtin: string;
  lot: string;
  traceCode: string | null;
  /** Unix ms */
  harvestedAt: number | null;
  quantity: Amount | null;
};

/** A value as one source has it; times are Unix ms. */
export type Said = { source: 'own' | 'national'; value: string | Amount; at: number | null };

/** One field of a batch: who said what of it, and whether they agree. */
export type FieldProvenance = {
  field: FieldName;
  name: { zh: string; en: string };
  said: Said[];
  agreement: 'agree' | 'disagree' | 'only-own' | 'only-national';
};

const fields = {
  productName: { zh: '产品名称', en: 'product' },
  gtin: { zh: '商品条码', en: 'GTIN' },
  lot: { zh: '批次号', en: 'lot' },
  traceCode: { zh: '追溯码', en: 'trace code' },
  harvestDate: { zh: '采收日期', en: 'harvest date' },
  quantity: { zh: '数量', en: 'quantity' },
  producer: { zh: '生产经营者', en: 'producer' },
  producerUscc: { zh: '统一社会信用代码', en: 'unified social credit code' },
  certificate: { zh: '承诺达标合格证编号', en: 'certificate of compliance' },
  inspection: { zh: '检测结果', en: 'inspection' },
} as const;

export type FieldName = keyof typeof fields;

export const fieldNames = Object.keys(fields) as FieldName[];

type Values = Partial<Record<FieldName, string | Amount | undefined>>;

/**
 * Field-level provenance: both sources side by side, the fields in a fixed order, and none of a source that does not have it.
 * Nothing is chosen: where the two disagree, a reader sees both.
 * @param at when each source said it; null where that is not known
 */
export function mergeSources(
  own: OwnFacts,
  national: NationalRecord | null,
  at: { own: number | null; national: number | null },
): FieldProvenance[] {
  const ours = ownValues(own);
  const theirs = national === null ? {} : nationalValues(national);
  return fieldNames.flatMap((field): FieldProvenance[] => {
    const [one, other] = [ours[field], theirs[field]];
    const said: Said[] = [
      ...(one === undefined ? [] : [{ source: 'own' as const, value: one, at: at.own }]),
      ...(other === undefined ? [] : [{ source: 'national' as const, value: other, at: at.national }]),
    ];
    if (said.length === 0) return [];
    return [{ field, name: fields[field], said, agreement: judgeAgreement(one, other) }];
  });
}

function judgeAgreement(own: Values[FieldName], national: Values[FieldName]): FieldProvenance['agreement'] {
  if (national === undefined) return 'only-own';
  if (own === undefined) return 'only-national';
  return comparable(own) === comparable(national) ? 'agree' : 'disagree';
}

/** Width and spaces are typography: `Ａ-0731 ` is `A-0731`. */
function comparable(value: string | Amount): string {
  if (typeof value !== 'string') return `${value.quantity} ${value.uom}`;
  return value.normalize('NFKC').replaceAll(/\s/g, '').toLowerCase();
}

function ownValues({ productName, gtin, lot, traceCode, harvestedAt, quantity }: OwnFacts): Values {
  return {
    productName,
    gtin,
    lot,
    traceCode: traceCode ?? undefined,
    harvestDate: harvestedAt === null ? undefined : beijingDate(harvestedAt),
    quantity: quantity ?? undefined,
  };
}

function nationalValues(record: NationalRecord): Values {
  const harvestedAt = record.stages?.find(({ stage }) => stage === 'production')?.outTime;
  const results = record.inspections?.flatMap(({ result }) => result ?? []) ?? [];
  return {
    productName: record.productName,
    gtin: record.gtin,
    lot: record.lot,
    traceCode: record.traceCode,
    harvestDate: harvestedAt === undefined ? undefined : beijingDate(harvestedAt),
    quantity: record.quantity,
    producer: record.producer?.name,
    producerUscc: record.producer?.uscc,
    certificate: record.certificate,
    // One that failed is not outweighed by those that passed.
    inspection: results.length === 0 ? undefined : results.includes('fail') ? 'fail' : 'pass',
  };
}

/** The day on which it was there: both sources speak of a field in China. */
function beijingDate(time: number): string {
  return new Date(time + 8 * 3600_000).toISOString().slice(0, 10);
}
