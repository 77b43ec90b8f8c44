import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { NationalRecord } from './mapping/national-record.ts';
import { type OwnFacts, fieldNames, mergeSources } from './merge-sources.ts';

const own: OwnFacts = {
  productName: '赣南脐橙',
  gtin: '06901234567892',
  lot: 'A-0731',
  traceCode: '36070220261120000001',
  harvestedAt: Date.parse('2026-11-17T23:30:00Z'), // the 18th in China
  quantity: { quantity: 1_200_000, uom: 'GRM' },
};
const national: NationalRecord = {
  productName: '赣南 脐橙',
  gtin: '06901234567892',
  lot: 'Ａ-0731',
  traceCode: '36070220261120000001',
  quantity: { quantity: 1_260_000, uom: 'GRM' },
  producer: { name: '合作社', uscc: '93360702MA35XKQ72D' },
  stages: [{ stage: 'production', outTime: Date.parse('2026-11-18T09:00:00Z') }],
  inspections: [{ result: 'pass' }, { result: 'fail' }],
};
const at = { own: 1, national: 2 };
const agreements = (merged: ReturnType<typeof mergeSources>) =>
  Object.fromEntries(merged.map(({ field, agreement }) => [field, agreement]));

describe('two sources', () => {
  it('stand side by side, each with its time, and say where they disagree', () => {
    const merged = mergeSources(own, national, at);
    expect(agreements(merged)).toEqual({
      productName: 'agree',
      gtin: 'agree',
      lot: 'agree',
      traceCode: 'agree',
      harvestDate: 'agree',
      quantity: 'disagree',
      producer: 'only-national',
      producerUscc: 'only-national',
      inspection: 'only-national',
    });
    expect(merged.find(({ field }) => field === 'quantity')?.said).toEqual([
      { source: 'own', value: { quantity: 1_200_000, uom: 'GRM' }, at: 1 },
      { source: 'national', value: { quantity: 1_260_000, uom: 'GRM' }, at: 2 },
    ]);
    expect(merged.find(({ field }) => field === 'inspection')?.said[0]?.value).toBe('fail');
  });

  it('are one where the platform has nothing', () => {
    const merged = mergeSources({ ...own, harvestedAt: null, quantity: null }, null, at);
    expect(agreements(merged)).toEqual({
      productName: 'only-own',
      gtin: 'only-own',
      lot: 'only-own',
      traceCode: 'only-own',
    });
  });

  it('of another day in China disagree, and of another unit, too', () => {
    const before = { ...own, harvestedAt: Date.parse('2026-11-17T15:59:59Z') };
    expect(agreements(mergeSources(before, national, at))['harvestDate']).toBe('disagree');
    const pieces = { ...own, quantity: { quantity: 1_260_000, uom: 'H87' as const } };
    expect(agreements(mergeSources(pieces, national, at))['quantity']).toBe('disagree');
  });

  it('lose and make up nothing: every value comes out under its source, in the order of the fields', () => {
    const text = fc.option(fc.string(), { nil: undefined });
    const records = fc.record({
      productName: text,
      lot: text,
      gtin: text,
      traceCode: text,
      certificate: text,
    });
    fc.assert(
      fc.property(records, fc.string(), (any, lot) => {
        const given = Object.fromEntries(Object.entries(any).filter(([, value]) => value !== undefined));
        const merged = mergeSources({ ...own, lot }, given, at);
        const theirs = merged.flatMap(({ field, said }) =>
          said.filter(({ source }) => source === 'national').map(({ value }) => [field, value]),
        );
        expect(Object.fromEntries(theirs)).toEqual(given);
        expect(merged.map(({ field }) => field)).toEqual(
          fieldNames.filter((name) => merged.some(({ field }) => field === name)),
        );
        for (const { said, agreement } of merged)
          expect(said.length === 2).toBe(!agreement.startsWith('only'));
      }),
    );
  });
});
