import { type Queries, bulk } from '@tianyuan/platform';
import { sql } from 'drizzle-orm';
import { batchFlags } from '../database/schema.ts';
import { batchOf } from './batch.ts';
import type { Flag } from '../ingest/flag.ts';

/** That `by` more (or fewer) messages which name this batch and device carry this flag. */
export type FlagChange = { batchId: string; device: string; flag: Flag; by: number };

/** The changes of flagged messages that name a batch. Pure. */
export function flagChanges(
  messages: readonly { message: { batch?: string | undefined; device: string } | null; flag: Flag | null }[],
  by: 1 | -1,
): FlagChange[] {
  return messages.flatMap(({ message, flag }) => {
    const batchId = batchOf(message);
    return message === null || batchId === undefined || flag === null
      ? []
      : [{ batchId, device: message.device, flag, by }];
  });
}

export async function changeBatchFlags(tx: Queries, changes: readonly FlagChange[]): Promise<void> {
  if (changes.length === 0) return;
  await tx.execute(sql`
    insert into ${batchFlags} as known (batch_id, device, flag, count)
    select batch_id, device, flag, sum(change) from unnest(
      ${bulk.text(changes.map(({ batchId }) => batchId))},
      ${bulk.text(changes.map(({ device }) => device))},
      ${bulk.text(changes.map(({ flag }) => flag))},
      ${bulk.int8(changes.map(({ by }) => by))}
    ) as u (batch_id, device, flag, change)
    group by batch_id, device, flag
    order by batch_id, device, flag
    on conflict (batch_id, device, flag) do update set count = known.count + excluded.count`);
}
