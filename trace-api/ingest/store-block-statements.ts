import { type Queries, bulk } from '@tianyuan/platform';
import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { blockStatements } from '../database/schema.ts';
import { type Upload, entryAt } from './upload.ts';

/** Entry kind 3 of PROTOCOL section 2, in its second byte. */
const statementKind = 3;
const namesBlock = z.looseObject({ statement: z.string(), blockNumber: z.int().min(0) });

/**
 * Notes which of an upload's new entries are statements of the gateway that name a block. The gateway is held to its own
 * word: naming a block that is not there yet ends the time in which it may not have heard of a revocation, too.
 */
export async function storeBlockStatements(
  tx: Queries,
  log: number,
  upload: Upload,
  firstNew: number,
): Promise<void> {
  const named = upload.payloads.flatMap((payload, i) => {
    const index = upload.from + i;
    if (index < firstNew || payload === null || entryAt(upload, i)[1] !== statementKind) return [];
    const blockNumber = readBlockNumber(payload);
    return blockNumber === undefined ? [] : [{ index, blockNumber }];
  });
  if (named.length === 0) return;
  await tx.execute(sql`
    insert into ${blockStatements} (log, index, block_number)
    select ${log}::int4, * from unnest(
      ${bulk.int8(named.map(({ index }) => index))}, ${bulk.int8(named.map(({ blockNumber }) => blockNumber))})
    on conflict do nothing`);
}

function readBlockNumber(payload: Uint8Array): number | undefined {
  try {
    const statement: unknown = JSON.parse(Buffer.from(payload).toString('utf8'));
    return namesBlock.safeParse(statement).data?.blockNumber;
  } catch {
    return undefined; // not JSON: some other gateway's statement
  }
}
