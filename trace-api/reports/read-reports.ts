import type { Queries } from '@tianyuan/platform';
import { and, desc, eq, inArray, lt } from 'drizzle-orm';
import { files, reportFindings, reports } from '../database/schema.ts';
import type { Finding } from './statements.ts';

/** A signed report about a batch, and what was declared of its inside. Times are Unix ms, `score` is in m%. */
export type ReportView = {
  index: number;
  at: number;
  /** whose key signed it */
  by: string;
  /** whether the signer held a role with which to report on this batch */
  counts: boolean;
  kind: string;
  issuer: string;
  /** of the file, at /api/v1/files/{sha256} once somebody has brought it */
  sha256: string;
  hasFile: boolean;
  mediaType: string | null;
  length: number | null;
  model: string | null;
  version: string | null;
  score: number | null;
  inside: { index: number; inspectedAt: number | null; grade: string | null; findings: Finding[] } | null;
};

const mostReports = 100; // of one batch on its page

/** Newest first. @param asOf records from this index on are not known yet */
export async function readReports(
  queries: Queries,
  batchId: string,
  asOf: number = Number.MAX_SAFE_INTEGER,
): Promise<ReportView[]> {
  const rows = await queries
    .select({ report: reports, file: files.sha256 })
    .from(reports)
    .leftJoin(files, eq(files.sha256, reports.sha256))
    .where(and(eq(reports.batchId, batchId), lt(reports.atIndex, asOf)))
    .orderBy(desc(reports.atIndex))
    .limit(mostReports);
  const inside = await readInside(
    queries,
    rows.map(({ report }) => report.atIndex),
    asOf,
  );
  return rows.map(({ report, file }) => {
    const { atIndex, batchId: _, subjectKind: _kind, subjectId: _id, ...rest } = report;
    return { ...rest, index: atIndex, hasFile: file !== null, inside: inside.get(atIndex) ?? null };
  });
}

async function readInside(
  queries: Queries,
  indices: readonly number[],
  asOf: number,
): Promise<Map<number, ReportView['inside']>> {
  if (indices.length === 0) return new Map();
  const rows = await queries
    .select()
    .from(reportFindings)
    .where(and(inArray(reportFindings.reportIndex, [...indices]), lt(reportFindings.atIndex, asOf)))
    .orderBy(reportFindings.atIndex); // the last of each report stays in the map
  return new Map(
    rows.map(({ atIndex, reportIndex, inspectedAt, grade, findings }) => [
      reportIndex,
      { index: atIndex, inspectedAt, grade, findings },
    ]),
  );
}
