import type { Queries } from '@tianyuan/platform';
import {
  type FullTile,
  appendLeaf,
  edgeRoot,
  edgeSize,
  encodeBase64,
  equalBytes,
  leafHash,
} from '@tianyuan/protocol';
import { and, asc, eq, gte, lt } from 'drizzle-orm';
import { type Evidence, recordEvidence } from '../anchors/evidence.ts';
import { entries } from '../database/schema.ts';
import type { LogRow } from '../mirror/find-log.ts';
import { readEdge } from '../mirror/read-edge.ts';
import { type Upload, entryAt } from './upload.ts';
import type { UploadRefusal } from './upload-refusal.ts';

/**
 * Appends the entries to the tree as it was at `from` and compares the root with the checkpoint's, and the entries that
 * the mirror has already with those bytes.
 */
export async function growTree(
  tx: Queries,
  log: LogRow,
  upload: Upload,
): Promise<{ full: FullTile[] } | UploadRefusal> {
  const { from, checkpoint } = upload;
  const edge = await readEdge(tx, log.id, from);
  const full: FullTile[] = [];
  while (edgeSize(edge) < checkpoint.size) {
    full.push(...appendLeaf(edge, leafHash(entryAt(upload, edgeSize(edge) - from))));
  }
  if (!equalBytes(edgeRoot(edge), checkpoint.root)) {
    const forked = checkpoint.size <= log.size && !(await hadRoot(tx, log, checkpoint));
    return forked
      ? fork(tx, log, upload, checkpoint.size)
      : { refused: 'ROOT_MISMATCH', detail: describeRootMismatch(upload) };
  }
  const difference = await firstDifference(tx, log, upload);
  return difference === undefined ? { full } : fork(tx, log, upload, difference);
}

/** The first entry that the mirror has otherwise. The upload's bytes are under a signed root, and so are the mirror's. */
async function firstDifference(tx: Queries, log: LogRow, upload: Upload): Promise<number | undefined> {
  const end = Math.min(log.size, upload.checkpoint.size);
  if (upload.from >= end) return undefined;
  const rows = await tx
    .select({ index: entries.index, entry: entries.entry })
    .from(entries)
    .where(and(eq(entries.log, log.id), gte(entries.index, upload.from), lt(entries.index, end)))
    .orderBy(asc(entries.index));
  return rows.find(({ index, entry }) => !equalBytes(entry, entryAt(upload, index - upload.from)))?.index;
}

async function hadRoot(
  tx: Queries,
  log: LogRow,
  { size, root }: { size: number; root: Uint8Array },
): Promise<boolean> {
  return equalBytes(edgeRoot(await readEdge(tx, log.id, size)), root);
}

async function fork(tx: Queries, log: LogRow, upload: Upload, at: number): Promise<UploadRefusal> {
  const found: Evidence = {
    kind: 'FORK',
    logId: upload.logId,
    subject: encodeBase64(upload.checkpoint.root),
    detail: { mirrored: log.checkpoint, offered: upload.note, firstDifference: at },
  };
  const evidence = (await recordEvidence(tx, found)) ? found : undefined;
  return {
    refused: 'INCONSISTENT_HISTORY',
    size: log.size,
    evidence,
    detail:
      `${log.origin} signed two histories: the mirrored one of size ${log.size} and the offered one of size ` +
      `${upload.checkpoint.size} differ from entry ${at} on at the latest. Both checkpoints are kept as evidence`,
  };
}

function describeRootMismatch({ from, checkpoint }: Upload): string {
  return (
    `the mirrored entries before ${from} and the uploaded ones do not have the root that ${checkpoint.origin} signed for ` +
    `size ${checkpoint.size}; nothing was stored`
  );
}
