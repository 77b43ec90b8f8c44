import type { Queries } from '@tianyuan/platform';
import type { Report } from '@tianyuan/protocol';
import { caseClosures, cases, reportFindings, reports } from '../database/schema.ts';
import { authorize } from '../people/authorize.ts';
import type { Projection } from '../records/projection.ts';
import type { DomainEvent, Recorded } from '../records/recorded.ts';
import { findCase, findReport } from './find-report.ts';
import { refuseReportStatement } from './refuse-report-statement.ts';
import { type ReportStatement, reportStatements } from './statements.ts';

type Said = Recorded & ({ name: 'report'; body: Report } | ReportStatement);

/** Signed reports, what they say inside, and the cases that they open. */
export const reportsProjection: Projection = {
  name: 'reports',
  statements: reportStatements,
  takes: ['report', ...Object.keys(reportStatements)],
  open: ['report', 'findings'],
  tables: [reports, reportFindings, cases, caseClosures],
  // A signed report is taken from anybody: it proves who said which bytes. What it is worth, `counts` says.
  refuse: (tx, record) =>
    record.name === 'report'
      ? Promise.resolve(undefined)
      : refuseReportStatement(tx, record as Recorded & ReportStatement),
  apply,
  async batches(tx, record) {
    const batchId = await batchOf(tx, record as Said);
    return batchId === undefined ? [] : [batchId];
  },
};

async function batchOf(tx: Queries, said: Said): Promise<string | undefined> {
  switch (said.name) {
    case 'report':
      return batchOfReport(said.body);
    case 'findings':
      return (await findReport(tx, said.body.report))?.batchId ?? undefined;
    case 'case':
      return said.body.batch;
    case 'case-closed':
      return (await findCase(tx, said.body.case))?.batchId;
  }
}

function batchOfReport({ subject }: Report): string | undefined {
  return subject.kind === 'batch' ? subject.id : undefined;
}

async function apply(tx: Queries, record: Recorded, emit: (event: DomainEvent) => void): Promise<void> {
  const said = record as Said;
  const fact = { atIndex: record.index, at: record.at, by: record.by };
  switch (said.name) {
    case 'report': {
      await insertReport(tx, said);
      const batchId = batchOfReport(said.body);
      const { kind, hash: sha256 } = said.body;
      const payload = {
        ...(batchId !== undefined && { batch_id: batchId }),
        kind,
        sha256,
        by: said.by,
        record_index: said.index,
      };
      emit({ type: 'Report.Recorded', version: 1, payload });
      return;
    }
    case 'findings': {
      const { report, inspectedAt = null, grade = null, laboratory = null, findings } = said.body;
      await tx
        .insert(reportFindings)
        .values({ ...fact, reportIndex: report, inspectedAt, grade, laboratory, findings });
      emit({ type: 'Report.Read', version: 1, payload: { report_index: report, record_index: said.index } });
      return;
    }
    case 'case': {
      const { batch, report, disagreement, detail, holds } = said.body;
      await tx
        .insert(cases)
        .values({ ...fact, batchId: batch, reportIndex: report, disagreement, detail, holds });
      const payload = {
        batch_id: batch,
        disagreement,
        report_index: report,
        holds,
        record_index: said.index,
      };
      emit({ type: 'Case.Opened', version: 1, payload });
      return;
    }
    case 'case-closed': {
      const { case: caseIndex, outcome, note } = said.body;
      await tx.insert(caseClosures).values({ ...fact, caseIndex, outcome, note });
    }
  }
}

async function insertReport(
  tx: Queries,
  { index, at, by, body }: Recorded & { body: Report },
): Promise<void> {
  const { hash: sha256, kind, issuer, mediaType, length, model, version, score, subject } = body;
  const batchId = batchOfReport(body) ?? null;
  // The id of the owner is nobody's key: a device enrolled as `owner` is not the owner.
  const signer = { id: by, isOwner: false };
  const scope = batchId === null ? undefined : { kind: 'batch' as const, id: batchId };
  const counts = scope !== undefined && (await authorize(tx, signer, 'report', scope, at, index));
  await tx.insert(reports).values({
    atIndex: index,
    at,
    by,
    counts,
    batchId,
    subjectKind: subject.kind,
    subjectId: subject.id,
    sha256,
    kind,
    issuer,
    mediaType: mediaType ?? null,
    length: length ?? null,
    model: model ?? null,
    version: version ?? null,
    score: score ?? null,
  });
}
