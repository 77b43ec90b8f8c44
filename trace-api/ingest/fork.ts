import type { Queries } from '@tianyuan/platform';
import { encodeBase64 } from '@tianyuan/protocol';
import { type Evidence, recordEvidence } from '../anchors/evidence.ts';
import type { LogRow } from '../mirror/find-log.ts';
import type { Upload } from './upload.ts';
import type { UploadRefusal } from './upload-refusal.ts';

/**
 * Keeps both signed checkpoints of a log that signed two histories.
 * @param known the head that was taken, mirrored or shown live, and the entry from which on they differ at the latest
 */
export async function refuseFork(
  tx: Queries,
  log: LogRow,
  upload: Upload,
  known: { note: string; size: number },
): Promise<UploadRefusal> {
  const found: Evidence = {
    kind: 'FORK',
    logId: upload.logId,
    subject: encodeBase64(upload.checkpoint.root),
    detail: { mirrored: known.note, offered: upload.note, firstDifference: known.size },
  };
  const evidence = (await recordEvidence(tx, found)) ? found : undefined;
  return {
    refused: 'INCONSISTENT_HISTORY',
    size: log.size,
    evidence,
    detail:
      `${log.origin} signed two histories: the one that was taken, of which ${log.size} entries are mirrored, and the offered ` +
      `one of size ${upload.checkpoint.size} differ from entry ${known.size} on at the latest. Both checkpoints are kept as evidence`,
  };
}
