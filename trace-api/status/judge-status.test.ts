import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { StatusFact } from './batch-status.ts';
import { judgeStatus, standingFacts, unknownStatus } from './judge-status.ts';

const reason = { zh: '抽检', en: 'sampled' };
const fact = (index: number, kind: StatusFact['kind'], rest: Partial<StatusFact> = {}): StatusFact => ({
  index,
  kind,
  at: 1000 + index,
  batchId: 'b',
  reason,
  by: 'owner',
  hold: null,
  class: kind === 'recall' ? 1 : null,
  ...rest,
});
const batch = { batchId: 'b', expiryDate: null };

describe('a batch', () => {
  test('of which nothing was said may be sold', () => {
    expect(judgeStatus(batch, [], 5)).toEqual({
      batchId: 'b',
      status: 'sellable',
      reasons: [],
      expiresAt: null,
      asOf: 5,
    });
  });

  test('is held until every hold on it is released', () => {
    const held = [fact(1, 'hold'), fact(2, 'hold')];
    expect(judgeStatus(batch, held, 5).reasons).toHaveLength(2);
    expect(judgeStatus(batch, [...held, fact(3, 'release', { hold: 1 })], 5)).toMatchObject({
      status: 'on_hold',
      reasons: [{ index: 2, at: 1002, text: { zh: '暂停销售：抽检', en: 'held from sale: sampled' } }],
    });
    expect(judgeStatus(batch, [...held, fact(3, 'release')], 5).status).toBe('sellable');
  });

  test('is recalled whatever else is said, until the recall is lifted', () => {
    const facts = [fact(1, 'recall', { class: 2 }), fact(2, 'hold'), fact(3, 'release')];
    expect(judgeStatus(batch, facts, 5)).toMatchObject({
      status: 'recalled',
      reasons: [{ status: 'recalled', text: { zh: '二级召回：抽检', en: 'class II recall: sampled' } }],
    });
    expect(judgeStatus(batch, [...facts, fact(4, 'recall-lifted')], 5).status).toBe('sellable');
  });

  test('bears what was said of a batch that it was made of, and a release of its own changes nothing of that', () => {
    const facts = [
      fact(1, 'recall', { batchId: 'root' }),
      fact(2, 'hold', { batchId: 'root' }),
      fact(3, 'release'),
    ];
    expect(judgeStatus(batch, facts, 5)).toMatchObject({
      status: 'recalled',
      reasons: [
        { batchId: 'root', text: { zh: '来源批次 root 一级召回：抽检' } },
        { batchId: 'root', status: 'on_hold' },
      ],
    });
  });

  test('is good on its last day in China, and not a millisecond longer', () => {
    const dated = { batchId: 'b', expiryDate: '2026-11-30' };
    const end = Date.UTC(2026, 10, 30, 16);
    expect(judgeStatus(dated, [], end - 1)).toMatchObject({ status: 'sellable', expiresAt: end });
    expect(judgeStatus(dated, [], end)).toMatchObject({
      status: 'expired',
      reasons: [{ at: end, index: null, text: { en: 'past its last day, 2026-11-30' } }],
    });
    expect(judgeStatus(dated, [fact(1, 'hold')], end).status).toBe('on_hold');
  });

  test('that nobody has spoken of is unknown', () => {
    expect(unknownStatus('b', 5)).toMatchObject({ status: 'unknown', reasons: [{ batchId: 'b' }] });
  });
});

const anyFact = fc.record({
  kind: fc.constantFrom<StatusFact['kind'][]>('hold', 'release', 'recall', 'recall-lifted'),
  batchId: fc.constantFrom('a', 'b', 'c'),
  hold: fc.option(fc.nat(20)),
});
const anyFacts = fc
  .array(anyFact, { maxLength: 20 })
  .map((all) => all.map(({ kind, ...rest }, index) => fact(index, kind, rest)));

/** By looking, for each hold and recall, whether anything later ends it. */
function naiveStanding(facts: readonly StatusFact[]): StatusFact[] {
  return facts.filter(
    (one) =>
      (one.kind === 'hold' || one.kind === 'recall') &&
      !facts.some(
        (later) =>
          later.index > one.index &&
          later.batchId === one.batchId &&
          (one.kind === 'hold'
            ? later.kind === 'release' && (later.hold === null || later.hold === one.index)
            : later.kind === 'recall-lifted'),
      ),
  );
}

describe('over any history', () => {
  test('what stands is what nothing later ended, in whatever order the facts are read', () => {
    fc.assert(
      fc.property(anyFacts, fc.infiniteStream(fc.nat()), (facts, keys) => {
        const shuffled = facts
          .map((one) => ({ one, key: keys.next().value! }))
          .toSorted((a, b) => a.key - b.key);
        expect(standingFacts(shuffled.map(({ one }) => one))).toEqual(naiveStanding(facts));
      }),
    );
  });

  test('a batch is sellable exactly where no reason stands, and never while a recall does', () => {
    fc.assert(
      fc.property(anyFacts, (facts) => {
        const { status, reasons } = judgeStatus(batch, facts, 5);
        expect(status === 'sellable').toBe(reasons.length === 0);
        const recalled = naiveStanding(facts).some(({ kind }) => kind === 'recall');
        expect(status === 'recalled').toBe(recalled);
      }),
    );
  });
});
