import type { Queries } from '@tianyuan/platform';
import { and, asc, eq, inArray, sql } from 'drizzle-orm';
import { evidence, logs, shares } from '../database/schema.ts';
import { type BatchScope, messagesInScope } from './batch-scope.ts';

/** Origins of the logs of a batch that signed two histories, whenever that came out. */
export async function readContradicted(queries: Queries, scope: BatchScope): Promise<string[]> {
  const rows = await queries
    .selectDistinct({ origin: logs.origin })
    .from(evidence)
    .innerJoin(logs, eq(logs.logId, evidence.logId))
    .where(
      and(
        // A signature on the chain that is nobody's is not the log's doing.
        inArray(evidence.kind, ['FORK', 'ANCHOR_MISMATCH']),
        sql`${logs.id} in (select log from (${messagesInScope(scope, sql`${shares}`)}) as messages)`,
      ),
    )
    .orderBy(asc(logs.origin));
  return rows.map(({ origin }) => origin);
}
