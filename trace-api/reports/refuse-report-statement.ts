import type { Queries } from '@tianyuan/platform';
import { errors } from '../errors.ts';
import type { Action } from '../people/action.ts';
import { authorize, principalOf } from '../people/authorize.ts';
import type { Recorded, Refusal } from '../records/recorded.ts';
import { findCase, findReport, hasCase } from './find-report.ts';
import type { ReportStatement } from './statements.ts';

/** Whether there is what the statement is about, and whether who says it may. */
export async function refuseReportStatement(
  tx: Queries,
  record: Recorded & ReportStatement,
): Promise<Refusal | undefined> {
  switch (record.name) {
    case 'findings': {
      const { report } = record.body;
      const found = await findReport(tx, report);
      if (found === undefined) {
        return { kind: errors.nothingOpen, detail: `report: record ${report} of the log is no report` };
      }
      return refuseAction(tx, record, 'report', found.batchId);
    }
    case 'case': {
      const { report, batch, disagreement } = record.body;
      if (await hasCase(tx, report, disagreement)) {
        const detail = `disagreement: report ${report} has a case of ${disagreement} already`;
        return { kind: errors.malformedRequest, detail };
      }
      return refuseAction(tx, record, 'handle-case', batch);
    }
    case 'case-closed': {
      const found = await findCase(tx, record.body.case);
      if (found === undefined || found.closedBy !== null) {
        return { kind: errors.nothingOpen, detail: `case: there is no open case ${record.body.case}` };
      }
      return refuseAction(tx, record, 'handle-case', found.batchId);
    }
  }
}

async function refuseAction(
  tx: Queries,
  { by, at }: Recorded,
  action: Action,
  batchId: string | null,
): Promise<Refusal | undefined> {
  const principal = principalOf(by);
  if (principal.isOwner) return undefined;
  const may =
    batchId !== null && (await authorize(tx, principal, action, { kind: 'batch', id: batchId }, at));
  if (may) return undefined;
  const detail = `${by} holds no role over ${batchId === null ? 'its subject' : `batch ${batchId}`} with which to ${action}`;
  return { kind: errors.roleMissing, detail };
}
