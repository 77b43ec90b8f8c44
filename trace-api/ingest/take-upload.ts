import type { Database, Queries } from '@tianyuan/platform';
import { eq } from 'drizzle-orm';
import { logs } from '../database/schema.ts';
import { refuseSigner } from './check-signer.ts';
import type { VerifySignature } from './examine-entry.ts';
import { extendLog, keepCheckpoint, lockLog } from './extend-log.ts';
import { growTree } from './grow-tree.ts';
import { judgeFrom } from './judge-upload.ts';
import type { Settled } from './settle-entries.ts';
import type { Upload } from './upload.ts';
import type { UploadRefusal } from './upload-refusal.ts';

export type UploadAnswer = { taken: Settled[]; size: number; root: Uint8Array } | UploadRefusal;

/**
 * Takes one upload: the checkpoint's signature says who it is from, the root says that the entries are the ones that
 * were signed, and only then anything is stored. Uploads of one log take effect one after the other; sent again, one
 * changes nothing. Signatures are verified before the transaction, which others may be waiting for.
 */
export async function takeUpload(
  database: Database,
  upload: Upload,
  verify: VerifySignature,
): Promise<UploadAnswer> {
  const refusal = await refuseSigner(database.queries, upload, verify);
  if (refusal !== undefined) return refusal;
  const known = await sizeOf(database.queries, upload.logId);
  if (upload.from > known) return gap(upload, known);
  const judged = await judgeFrom(database.queries, upload, known);
  return database.transaction(async (tx) => {
    const log = await lockLog(tx, upload.checkpoint.origin);
    if (upload.from > log.size) return gap(upload, log.size);
    const grown = await growTree(tx, log, upload);
    if ('refused' in grown) return grown;
    if (upload.checkpoint.size <= log.size) {
      await keepCheckpoint(tx, log, upload);
      return { taken: [], size: log.size, root: log.root };
    }
    const added = judged.filter(({ index }) => index >= log.size);
    const taken = await extendLog(tx, log, upload, { added, ...grown });
    const { size, root } = upload.checkpoint;
    return { taken, size, root };
  });
}

async function sizeOf(queries: Queries, logId: string): Promise<number> {
  const [row] = await queries.select({ size: logs.size }).from(logs).where(eq(logs.logId, logId));
  return row?.size ?? 0;
}

function gap({ from }: Upload, size: number): UploadRefusal {
  return {
    refused: 'GAP',
    size,
    detail: `the mirror has ${size} entries; upload from ${size} on, not from ${from}`,
  };
}
