import type { Bilingual } from '../batches/batch-view.ts';
import type { DisagreementKind } from './disagreement.ts';
import { gradeFloors } from './grade-floors.ts';
import type { Finding } from './statements.ts';

/** A signed report, and what was declared of its inside. Times are Unix ms. */
export type ReportFacts = {
  kind: string;
  issuer: string;
  score: number | null;
  at: number;
  inspectedAt: number | null;
  grade: string | null;
  /** by its file */
  laboratory: string | null;
  findings: readonly Finding[];
};

/** What the trace knows by itself. */
export type TraceFacts = {
  /** undefined where no such batch is registered */
  batch: { harvestedAt: number | null; qualityGrade: string | null } | undefined;
  /** 统一社会信用代码 of the organisation that the signer belongs to */
  signerOrganisation: string | undefined;
  /** the issuer, where it is an organisation that is registered here */
  issuerKind: string | undefined;
  isIssuerUscc: boolean;
  hasFile: boolean;
};

export type Disagreement = { kind: DisagreementKind; detail: Bilingual };

/** A laboratory may send the paper after the result; a week later it is missing. */
export const fileGraceMs = 7 * 24 * 3600_000;

const laboratoryKinds: ReadonlySet<string> = new Set(['laboratory', 'authority']);
/** Kinds of reports that somebody's independence gives its worth. */
const independentKinds: ReadonlySet<string> = new Set(['inspection', 'certificate']);

/** Everything in which a report and the trace cannot both be right, in the order of the list. Pure. */
export function judgeReport(report: ReportFacts, trace: TraceFacts, now: number): Disagreement[] {
  return [
    ...judgeSubject(trace),
    ...judgeIssuer(report, trace),
    ...judgeTime(report, trace),
    ...judgeGrade(report, trace),
    ...judgeFindings(report),
    ...judgeFile(report, trace, now),
  ];
}

function judgeSubject({ batch }: TraceFacts): Disagreement[] {
  if (batch !== undefined) return [];
  return [
    one('unknown-batch', '报告所指的批次没有登记', 'the batch that the report is about is not registered'),
  ];
}

function judgeIssuer({ kind, issuer, laboratory }: ReportFacts, trace: TraceFacts): Disagreement[] {
  if (!independentKinds.has(kind)) return [];
  const found: Disagreement[] = [];
  if (trace.isIssuerUscc && trace.signerOrganisation !== issuer) {
    const whose = trace.signerOrganisation ?? '未登记的组织 no registered organisation';
    found.push(
      one(
        'issuer-mismatch',
        `报告称由 ${issuer} 出具，签名人却属于 ${whose}`,
        `it says that ${issuer} issued it, and its signer is of ${whose}`,
      ),
    );
  } else if (laboratory !== null && trace.isIssuerUscc && laboratory !== issuer) {
    found.push(
      one(
        'issuer-mismatch',
        `报告文件署名 ${laboratory}，消息却称由 ${issuer} 出具`,
        `its file names ${laboratory}, the message ${issuer}`,
      ),
    );
  }
  if (trace.issuerKind !== undefined && !laboratoryKinds.has(trace.issuerKind)) {
    found.push(
      one(
        'issuer-no-laboratory',
        `出具方 ${issuer} 登记为 ${trace.issuerKind}，不是检测机构`,
        `its issuer ${issuer} is registered as a ${trace.issuerKind}, not as a laboratory`,
      ),
    );
  }
  return found;
}

function judgeTime({ inspectedAt }: ReportFacts, { batch }: TraceFacts): Disagreement[] {
  const harvestedAt = batch?.harvestedAt ?? null;
  if (inspectedAt === null || harvestedAt === null || inspectedAt >= harvestedAt) return [];
  const [inspected, harvested] = [isoOf(inspectedAt), isoOf(harvestedAt)];
  return [
    one(
      'before-harvest',
      `检测时间 ${inspected} 早于采收时间 ${harvested}`,
      `it was inspected at ${inspected}, before the harvest at ${harvested}`,
    ),
  ];
}

function judgeGrade({ grade, score, kind }: ReportFacts, { batch }: TraceFacts): Disagreement[] {
  const declared = batch?.qualityGrade ?? null;
  if (declared === null) return [];
  const found: Disagreement[] = [];
  if (grade !== null && grade !== declared) {
    found.push(
      one(
        'grade-conflict',
        `报告定级 ${grade}，批次申报 ${declared}`,
        `it grades ${grade}, the batch declares ${declared}`,
      ),
    );
  }
  const floor = gradeFloors[declared];
  if (kind === 'inspection' && score !== null && floor !== undefined && score < floor) {
    found.push(
      one(
        'score-conflict',
        `得分 ${percent(score)} 低于申报等级 ${declared} 的下限 ${percent(floor)}`,
        `its score of ${percent(score)} is below ${percent(floor)}, the least for the declared grade ${declared}`,
      ),
    );
  }
  return found;
}

function judgeFindings({ findings }: ReportFacts): Disagreement[] {
  const over = findings.filter(({ value, limit }) => limit !== undefined && value > limit);
  if (over.length === 0) return [];
  const worst = over[0]!;
  const more = over.length > 1 ? over.length - 1 : 0;
  const figures = `${worst.value} ${worst.unit} > ${worst.limit} ${worst.unit}`;
  return [
    one(
      'over-limit',
      `${worst.name.zh} 超过限量：${figures}${more > 0 ? `，另有 ${more} 项` : ''}`,
      `${worst.name.en} over its limit: ${figures}${more > 0 ? `, and ${more} more` : ''}`,
    ),
  ];
}

function judgeFile({ at }: ReportFacts, { hasFile }: TraceFacts, now: number): Disagreement[] {
  if (hasFile || now - at < fileGraceMs) return [];
  return [
    one(
      'file-missing',
      '只有哈希，一周后仍没有收到报告文件',
      'only its hash is here; a week later nobody has brought the file',
    ),
  ];
}

const one = (kind: DisagreementKind, zh: string, en: string): Disagreement => ({ kind, detail: { zh, en } });
const isoOf = (ms: number): string => new Date(ms).toISOString();
const percent = (score: number): string => `${score / 1000} %`;
