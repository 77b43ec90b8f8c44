import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mapDocument, unmapRecord } from './map-document.ts';
import { type MappingTable, type Rule, mappingTableSchema } from './mapping-table.ts';
import { findMapping } from './mappings.ts';

const table = findMapping('tc-1.0/1')!;
const uscc = '93360702MA35XKQ72D';

const document = {
  schemaVersion: '1.0',
  traceCode: '36070220261120000001',
  productName: '赣南脐橙',
  productCode: '06901234567892',
  batchNo: 'A-0731',
  quantity: '1200.5',
  unit: 'kg',
  producer: { name: '赣州示范果业合作社', uscc, areaCode: '360702' },
  stages: [{ stage: '1', operator: { uscc }, outBatchNo: 'H-1118', outTime: '2026-11-18 07:30:00' }],
  inspections: [{ reportNo: 'GZ-2026-0417', result: '合格', date: '2026-11-19' }],
};

describe('a document in our words', () => {
  it('has its units and times in ours, and nothing kept where everything is known', () => {
    expect(mapDocument(document, table)).toEqual({
      record: {
        schemaVersion: '1.0',
        traceCode: '36070220261120000001',
        productName: '赣南脐橙',
        gtin: '06901234567892',
        lot: 'A-0731',
        quantity: { quantity: 1_200_500, uom: 'GRM' },
        producer: { name: '赣州示范果业合作社', uscc, area: '360702' },
        stages: [
          {
            stage: 'production',
            operator: { uscc },
            outLot: 'H-1118',
            outTime: Date.parse('2026-11-17T23:30:00Z'),
          },
        ],
        inspections: [{ number: 'GZ-2026-0417', result: 'pass', date: '2026-11-19' }],
      },
      kept: [],
    });
  });

  it('keeps and reports what it does not know, cannot read, or would write otherwise', () => {
    const odd = {
      ...document,
      'grade/a~b': { inner: [1] },
      productCode: '123',
      quantity: '1200.50',
      stages: ['?', { stage: '9', inTime: '2026-02-30 00:00:00' }],
    };
    const { record, kept } = mapDocument(odd, table);
    expect(kept).toEqual([
      { pointer: '/grade~1a~0b', value: { inner: [1] }, why: 'unknown' },
      { pointer: '/productCode', value: '123', why: 'unreadable' },
      { pointer: '/quantity', value: '1200.50', why: 'form' },
      { pointer: '/unit', value: 'kg', why: 'form' },
      { pointer: '/stages/0', value: '?', why: 'unreadable' },
      { pointer: '/stages/1/stage', value: '9', why: 'unreadable' },
      { pointer: '/stages/1/inTime', value: '2026-02-30 00:00:00', why: 'unreadable' },
    ]);
    expect(record.quantity).toEqual({ quantity: 1_200_500, uom: 'GRM' });
    expect(unmapRecord({ record, kept }, table)).toEqual(odd);
  });

  it('becomes itself again, whatever it is', () => {
    const value = fc.oneof(
      fc.jsonValue({ maxDepth: 2 }),
      fc.constantFrom(
        uscc,
        '合格',
        '1',
        'kg',
        't',
        '个',
        '1200.5',
        '7',
        '2026-11-18',
        '2026-11-18 07:30:00',
        '06901234567892',
      ),
    );
    fc.assert(
      fc.property(documentOf(table.fields, value), (any) => {
        expect(unmapRecord(mapDocument(any, table), table)).toEqual(any);
      }),
      { numRuns: 300 },
    );
  });
});

/** Documents of any shape near the table's: known members with right and wrong values, and unknown ones. */
function documentOf(
  rules: readonly Rule[],
  value: fc.Arbitrary<unknown>,
): fc.Arbitrary<Record<string, unknown>> {
  const known = rules.map(({ theirs, as }) => {
    const nested =
      typeof as === 'string' || 'codes' in as
        ? value
        : 'object' in as
          ? documentOf(as.object, value)
          : fc.array(fc.oneof(documentOf(as.list, value), value), { maxLength: 3 });
    return [theirs, fc.oneof({ weight: 3, arbitrary: nested }, value)] as const;
  });
  const members = Object.fromEntries(known.flatMap(([theirs, one]) => theirs.map((name) => [name, one])));
  const unknown = fc.dictionary(
    fc.string().filter((name) => name !== '__proto__'),
    value,
    { maxKeys: 2 },
  );
  return fc
    .tuple(unknown, fc.record(members, { requiredKeys: [] }))
    .map(([strange, familiar]) => ({ ...strange, ...familiar }));
}

describe('a mapping table', () => {
  const rule = (theirs: string[], ours: string, as: Rule['as'] = 'text') => ({
    theirs,
    ours,
    label: 'x',
    as,
  });
  const withFields = (fields: Rule[], codes: MappingTable['codes'] = {}) =>
    mappingTableSchema.safeParse({ version: 'tc-9.9/1', schemaVersion: '9.9', fields, codes }).success;

  it('is refused where it would lose something: a member mapped twice, one name for two, an unknown list of codes', () => {
    expect(withFields([rule(['a'], 'a')])).toBe(true);
    expect(withFields([rule(['a'], 'a'), rule(['a'], 'b')])).toBe(false);
    expect(withFields([rule(['a'], 'a'), rule(['b'], 'a')])).toBe(false);
    expect(withFields([rule(['a'], 'a', { codes: 'c' })])).toBe(false);
    expect(withFields([rule(['a'], 'a', { codes: 'c' })], { c: { 1: 'x', 2: 'x' } })).toBe(false);
    expect(withFields([rule(['a'], 'a', 'quantity')])).toBe(false);
    expect(withFields([rule(['a', 'b'], 'a')])).toBe(false);
    expect(withFields([rule(['a'], 'a', { list: [rule(['x'], 'x'), rule(['x'], 'y')] })])).toBe(false);
  });
});
