import type { Database, Queries } from '@tianyuan/platform';
import { isUscc } from '@tianyuan/protocol';
import { and, asc, eq, isNull, lt, notExists, sql } from 'drizzle-orm';
import { findBatch } from '../batches/find-batch.ts';
import { cases, files, reports } from '../database/schema.ts';
import { findOrganisation, findPerson } from '../people/read-people.ts';
import type { Records } from '../records/open-records.ts';
import { isRefusal } from '../records/recorded.ts';
import { disagreements } from './disagreement.ts';
import { findFindings, findReport, hasCase } from './find-report.ts';
import { type Disagreement, type TraceFacts, fileGraceMs, judgeReport } from './judge-report.ts';

type Deps = { database: Database; records: Records };
type ReportRow = NonNullable<Awaited<ReturnType<typeof findReport>>>;

/**
 * Compares a report with the trace, and opens a case for each disagreement that has none yet; a grave one holds the batch in
 * the same transaction. A report whose signer may not report on the batch opens none: anybody could stop a sale otherwise.
 * @returns how many were opened
 */
export async function openCases(deps: Deps, reportIndex: number, now: number): Promise<number> {
  const { queries } = deps.database;
  const report = await findReport(queries, reportIndex);
  if (report?.batchId == null || !report.counts) return 0;
  const found = judgeReport(await factsOf(queries, report), await traceOf(queries, report), now);
  let opened = 0;
  for (const disagreement of found) {
    if (await hasCase(queries, reportIndex, disagreement.kind)) continue;
    if (await openCase(deps, report.batchId, reportIndex, disagreement)) opened += 1;
  }
  return opened;
}

const sweepAtOnce = 100;

/** Looks again at reports whose file should have come by now. */
export async function sweepMissingFiles(deps: Deps, now: number): Promise<number> {
  const { queries } = deps.database;
  const noCase = notExists(
    queries
      .select({ one: sql`1` })
      .from(cases)
      .where(and(eq(cases.reportIndex, reports.atIndex), eq(cases.disagreement, 'file-missing'))),
  );
  const due = await queries
    .select({ index: reports.atIndex })
    .from(reports)
    .leftJoin(files, eq(files.sha256, reports.sha256))
    .where(and(reports.counts, isNull(files.sha256), lt(reports.at, now - fileGraceMs + 1), noCase))
    .orderBy(asc(reports.atIndex))
    .limit(sweepAtOnce);
  let opened = 0;
  for (const { index } of due) opened += await openCases(deps, index, now);
  return opened;
}

async function openCase(
  { database, records }: Deps,
  batch: string,
  report: number,
  { kind, detail }: Disagreement,
): Promise<boolean> {
  const isKnown = (await findBatch(database.queries, { batchId: batch })) !== undefined;
  const holds = isKnown && disagreements[kind].holds;
  const body = { batch, report, disagreement: kind, detail, holds };
  const reason = {
    zh: `报告存疑：${detail.zh}`.slice(0, 200),
    en: `report in question: ${detail.en}`.slice(0, 200),
  };
  const said = [{ name: 'case', body }, ...(holds ? [{ name: 'hold', body: { batch, reason } }] : [])];
  // Another process may have been faster: then it is refused here, and stands there.
  return !isRefusal(await records.statements(said, 'platform'));
}

async function factsOf(queries: Queries, report: ReportRow) {
  const inside = await findFindings(queries, report.atIndex);
  return {
    kind: report.kind,
    issuer: report.issuer,
    score: report.score,
    at: report.at,
    inspectedAt: inside?.inspectedAt ?? null,
    grade: inside?.grade ?? null,
    laboratory: inside?.laboratory ?? null,
    findings: inside?.findings ?? [],
  };
}

async function traceOf(queries: Queries, { batchId, by, issuer, sha256 }: ReportRow): Promise<TraceFacts> {
  const batch = await findBatch(queries, { batchId: batchId! });
  const [file] = await queries.select({ sha256: files.sha256 }).from(files).where(eq(files.sha256, sha256));
  const isIssuerUscc = isUscc(issuer);
  return {
    batch: batch && { harvestedAt: batch.harvestedAt, qualityGrade: batch.qualityGrade },
    signerOrganisation: (await findPerson(queries, by))?.organisation,
    issuerKind: isIssuerUscc ? (await findOrganisation(queries, issuer))?.kind : undefined,
    isIssuerUscc,
    hasFile: file !== undefined,
  };
}
