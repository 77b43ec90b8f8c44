import type { Queries } from '@tianyuan/platform';
import type { ChainEvent } from '@tianyuan/chain';
import { gt } from 'drizzle-orm';
import { logClosures } from '../database/log-closures.ts';

type LogClosed = Extract<ChainEvent, { kind: 'LogClosed' }>;

/** Repeats in the mirror that a log was closed. Applied twice, an event changes nothing. */
export async function applyClosure(
  tx: Queries,
  { logId, size, successor, blockNumber }: LogClosed,
): Promise<void> {
  const row = { size, successor: successor ?? null, blockNumber };
  await tx
    .insert(logClosures)
    .values({ logId, ...row })
    .onConflictDoUpdate({ target: logClosures.logId, set: row });
}

/** Opens again what blocks after `lastBlock` closed. */
export async function rewindClosures(tx: Queries, lastBlock: number): Promise<void> {
  await tx.delete(logClosures).where(gt(logClosures.blockNumber, lastBlock));
}
