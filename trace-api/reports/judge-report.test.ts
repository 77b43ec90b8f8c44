import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { disagreementKinds, type DisagreementKind } from './disagreement.ts';
import { type ReportFacts, type TraceFacts, fileGraceMs, judgeReport } from './judge-report.ts';

const lab = '91350100M000100Y43';
const farm = '91360726MA35K1XM7B';
const now = 2_000_000_000_000;
const report: ReportFacts = {
  kind: 'inspection',
  issuer: lab,
  score: 92_000,
  at: now - 1000,
  inspectedAt: now - 5000,
  grade: '一级',
  laboratory: lab,
  findings: [{ name: { zh: '毒死蜱', en: 'chlorpyrifos' }, unit: 'ug/kg', value: 10, limit: 50 }],
};
const trace: TraceFacts = {
  batch: { harvestedAt: now - 10_000, qualityGrade: '一级' },
  signerOrganisation: lab,
  issuerKind: 'laboratory',
  isIssuerUscc: true,
  hasFile: true,
};
const kinds = (r: Partial<ReportFacts>, t: Partial<TraceFacts> = {}) =>
  judgeReport({ ...report, ...r }, { ...trace, ...t }, now).map(({ kind }) => kind);

test('a report that agrees with the trace opens nothing', () => {
  expect(kinds({})).toEqual([]);
});

describe('a report disagrees', () => {
  test.each<[string, DisagreementKind[], Partial<ReportFacts>, Partial<TraceFacts>]>([
    ['about a batch that is not registered', ['unknown-batch'], {}, { batch: undefined }],
    ['signed by somebody of another organisation', ['issuer-mismatch'], {}, { signerOrganisation: farm }],
    ['signed by somebody of none', ['issuer-mismatch'], {}, { signerOrganisation: undefined }],
    ['whose file names another laboratory', ['issuer-mismatch'], { laboratory: farm }, {}],
    ['issued by a farm', ['issuer-no-laboratory'], {}, { issuerKind: 'farm' }],
    ['inspected before the harvest', ['before-harvest'], { inspectedAt: now - 10_001 }, {}],
    ['with another grade', ['grade-conflict'], { grade: '二级' }, {}],
    ['with a score below the grade', ['score-conflict'], { score: 74_999 }, {}],
    [
      'with a residue over its limit',
      ['over-limit'],
      { findings: [{ ...report.findings[0]!, value: 51 }] },
      {},
    ],
    ['without its file, after a week', ['file-missing'], { at: now - fileGraceMs }, { hasFile: false }],
  ])('%s', (_name, expected, r, t) => {
    expect(kinds(r, t)).toEqual(expected);
  });

  test.each<[string, Partial<ReportFacts>, Partial<TraceFacts>]>([
    ['inspected at the moment of the harvest', { inspectedAt: now - 10_000 }, {}],
    ['with the very limit', { findings: [{ ...report.findings[0]!, value: 50 }] }, {}],
    [
      'with a finding that has no limit',
      { findings: [{ name: { zh: '糖度', en: 'sugar' }, unit: 'm%', value: 12 }] },
      {},
    ],
    ['without its file, within the week', { at: now - fileGraceMs + 1 }, { hasFile: false }],
    [
      'of an issuer with a name only',
      { issuer: 'Lab 7', laboratory: null },
      { isIssuerUscc: false, signerOrganisation: undefined, issuerKind: undefined },
    ],
    [
      'of a model, which belongs to nobody',
      { kind: 'quality-model', score: 1000 },
      { signerOrganisation: farm, issuerKind: 'farm' },
    ],
    [
      'where no grade is declared',
      { grade: '二级', score: 0 },
      { batch: { harvestedAt: null, qualityGrade: null } },
    ],
  ])('not %s', (_name, r, t) => {
    expect(kinds(r, t)).toEqual([]);
  });
});

test('every kind of disagreement can be found, each at most once', () => {
  const anything = fc.record({
    at: fc.constantFrom(now, now - fileGraceMs),
    inspectedAt: fc.constantFrom(null, 0, now),
    grade: fc.constantFrom(null, '一级', '二级'),
    score: fc.constantFrom(null, 0, 100_000),
    value: fc.constantFrom(1, 51),
    batch: fc.constantFrom(undefined, trace.batch),
    signerOrganisation: fc.constantFrom(lab, farm),
    issuerKind: fc.constantFrom(undefined, 'farm', 'laboratory'),
    hasFile: fc.boolean(),
  });
  const seen = new Set<DisagreementKind>();
  fc.assert(
    fc.property(anything, ({ value, at, inspectedAt, grade, score, ...t }) => {
      const found = kinds(
        { at, inspectedAt, grade, score, findings: [{ ...report.findings[0]!, value }] },
        t,
      );
      for (const kind of found) seen.add(kind);
      expect(new Set(found).size).toBe(found.length);
    }),
  );
  expect(seen).toEqual(new Set(disagreementKinds));
});
