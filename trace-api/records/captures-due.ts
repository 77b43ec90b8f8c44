import { type Queries, bulk } from '@tianyuan/platform';
import { bodyOf } from '@tianyuan/protocol';
import { sql } from 'drizzle-orm';
import { capturesDue } from '../database/schema.ts';
import type { Settled } from '../ingest/settle-entries.ts';

/** What people and organisations say, when it comes through a gateway's log: it counts once the platform's log has it. */
const captured: ReadonlySet<string> = new Set(['event', 'binding', 'report']);

/** Notes which of the entries that are being stored the platform's log has yet to mention. */
export async function noteCaptures(tx: Queries, log: number, settled: readonly Settled[]): Promise<void> {
  const due = settled.filter(
    ({ verified, message }) => verified && message !== null && captured.has(bodyOf(message).name),
  );
  if (due.length === 0) return;
  await tx.execute(sql`
    insert into ${capturesDue} (log, index)
    select ${log}::int4, * from unnest(${bulk.int8(due.map(({ index }) => index))})
    on conflict do nothing`);
}
