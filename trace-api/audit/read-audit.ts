import type { Queries } from '@tianyuan/platform';
import { and, asc, eq, gt, gte, lt, or } from 'drizzle-orm';
import { auditLines } from '../database/schema.ts';
import type { AuditLine } from './audit-line.ts';

export type AuditCursor = Pick<AuditLine, 'at' | 'chain' | 'seq'>;

/** Lines in the order of their time, behind the cursor. Times in Unix ms, `to` excluded. */
export async function readAudit(
  queries: Queries,
  { from, to, who }: { from: number; to: number; who: string | undefined },
  after: AuditCursor | undefined,
  limit: number,
): Promise<AuditLine[]> {
  const { at, chain, seq } = auditLines;
  const behind =
    after &&
    or(
      gt(at, after.at),
      and(eq(at, after.at), or(gt(chain, after.chain), and(eq(chain, after.chain), gt(seq, after.seq)))),
    );
  return queries
    .select()
    .from(auditLines)
    .where(and(gte(at, from), lt(at, to), who === undefined ? undefined : eq(auditLines.who, who), behind))
    .orderBy(asc(at), asc(chain), asc(seq))
    .limit(limit);
}
