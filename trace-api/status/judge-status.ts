import type { Bilingual } from '../batches/batch-view.ts';
import { type StatusFact, type StatusReason, type StatusView, batchStatuses } from './batch-status.ts';

const dayMs = 24 * 3600_000;

/**
 * The holds and recalls that stand after these facts, of whichever batches they are, in the order of the log. A batch has
 * any number of holds, each for its own reason, and at most one recall. Pure.
 */
export function standingFacts(facts: readonly StatusFact[]): StatusFact[] {
  const standing = new Map<number, StatusFact>();
  const end = (batchId: string, kind: 'hold' | 'recall', only: number | null): void => {
    for (const [index, fact] of standing) {
      const isMeant = fact.batchId === batchId && fact.kind === kind && (only === null || index === only);
      if (isMeant) standing.delete(index);
    }
  };
  for (const fact of facts.toSorted((a, b) => a.index - b.index)) {
    switch (fact.kind) {
      case 'hold':
      case 'recall':
        standing.set(fact.index, fact);
        break;
      case 'release':
        end(fact.batchId, 'hold', fact.hold);
        break;
      case 'recall-lifted':
        end(fact.batchId, 'recall', null);
        break;
    }
  }
  return [...standing.values()];
}

/**
 * Whether a batch may be sold. What stands against a batch that it was made of stands against it too: nobody can tell which
 * part of a mix a recalled lot went into. Pure.
 *
 * @param facts of the batch and of all that it was made of
 * @param expiryDate YYYY-MM-DD, the last day on which it may be sold, in China
 */
export function judgeStatus(
  batch: { batchId: string; expiryDate: string | null },
  facts: readonly StatusFact[],
  asOf: number,
): StatusView {
  const { batchId, expiryDate } = batch;
  const expiresAt = expiryDate === null ? null : endOfDayInChina(expiryDate);
  const reasons = standingFacts(facts).map((fact) => reasonOf(fact, batchId));
  if (expiresAt !== null && asOf >= expiresAt) reasons.push(expiredReason(batchId, expiryDate!, expiresAt));
  reasons.sort((a, b) => gravity(a) - gravity(b));
  return { batchId, status: reasons[0]?.status ?? 'sellable', reasons, expiresAt, asOf };
}

/** What can be said of a batch that nobody has spoken of, or had not by then. */
export function unknownStatus(batchId: string, asOf: number): StatusView {
  const text = {
    zh: `截至查询的时间，没有登记批次 ${batchId}`,
    en: `no batch ${batchId} was registered at the time asked about`,
  };
  const reason = { status: 'unknown' as const, text, batchId, index: null, at: null, by: null };
  return { batchId, status: 'unknown', reasons: [reason], expiresAt: null, asOf };
}

const classNames: Record<number, Bilingual> = {
  1: { zh: '一级召回', en: 'class I recall' },
  2: { zh: '二级召回', en: 'class II recall' },
  3: { zh: '三级召回', en: 'class III recall' },
};

function reasonOf(fact: StatusFact, asked: string): StatusReason {
  const { index, at, by, batchId, reason } = fact;
  const what =
    fact.kind === 'recall' ? classNames[fact.class ?? 1]! : { zh: '暂停销售', en: 'held from sale' };
  const inherited = batchId !== asked;
  const text = {
    zh: `${inherited ? `来源批次 ${batchId} ` : ''}${what.zh}：${reason.zh}`,
    en: `${inherited ? `made of batch ${batchId}, ` : ''}${what.en}: ${reason.en}`,
  };
  return { status: fact.kind === 'recall' ? 'recalled' : 'on_hold', text, batchId, index, at, by };
}

function expiredReason(batchId: string, date: string, at: number): StatusReason {
  const text = { zh: `保质期至 ${date}，已过`, en: `past its last day, ${date}` };
  return { status: 'expired', text, batchId, index: null, at, by: null };
}

/** GB 7718: the last day itself is still good. China has one time, UTC+8, and no summer time. */
function endOfDayInChina(date: string): number {
  return Date.parse(`${date}T00:00:00+08:00`) + dayMs;
}

function gravity({ status }: StatusReason): number {
  return batchStatuses.indexOf(status);
}
