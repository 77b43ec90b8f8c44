import type { Queries } from '@tianyuan/platform';
import { type FullTile, appendLeaf, edgeRoot, edgeSize, equalBytes, leafHash } from '@tianyuan/protocol';
import { and, asc, eq, gte, lt } from 'drizzle-orm';
import { entries } from '../database/schema.ts';
import { type LiveHead, readLiveHeads } from '../live/live-heads.ts';
import type { LogRow } from '../mirror/find-log.ts';
import { readEdge } from '../mirror/read-edge.ts';
import { refuseFork } from './fork.ts';
import { type Upload, entryAt } from './upload.ts';
import type { UploadRefusal } from './upload-refusal.ts';

/** The tiles that were completed, and whether the log came to a head that was shown ahead of this. */
export type Grown = { full: FullTile[]; reachedLive: boolean };

/**
 * Appends the entries to the tree as it was at `from` and compares the root with the checkpoint's, and the entries that
 * the mirror has already with those bytes.
 */
export async function growTree(tx: Queries, log: LogRow, upload: Upload): Promise<Grown | UploadRefusal> {
  const { from, checkpoint } = upload;
  const edge = await readEdge(tx, log.id, from);
  const full: FullTile[] = [];
  const shown = await readShown(tx, log, checkpoint.size);
  let broken: LiveHead | undefined;
  while (edgeSize(edge) < checkpoint.size) {
    full.push(...appendLeaf(edge, leafHash(entryAt(upload, edgeSize(edge) - from))));
    const head = shown.get(edgeSize(edge));
    if (head !== undefined && !equalBytes(edgeRoot(edge), head.root)) broken ??= head;
  }
  if (!equalBytes(edgeRoot(edge), checkpoint.root)) {
    const forked = checkpoint.size <= log.size && !(await hadRoot(tx, log, checkpoint));
    return forked
      ? refuseFork(tx, log, upload, { note: log.checkpoint, size: checkpoint.size })
      : { refused: 'ROOT_MISMATCH', detail: describeRootMismatch(upload) };
  }
  const difference = await firstDifference(tx, log, upload);
  if (difference !== undefined)
    return refuseFork(tx, log, upload, { note: log.checkpoint, size: difference });
  return broken === undefined ? { full, reachedLive: shown.size > 0 } : refuseFork(tx, log, upload, broken);
}

/** Heads that the log showed ahead of this, by their sizes. */
async function readShown(tx: Queries, log: LogRow, upTo: number): Promise<Map<number, LiveHead>> {
  if (upTo <= log.size) return new Map();
  const heads = await readLiveHeads(tx, log.id, { above: log.size, upTo });
  return new Map(heads.map((head) => [head.size, head]));
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

function describeRootMismatch({ from, checkpoint }: Upload): string {
  return (
    `the mirrored entries before ${from} and the uploaded ones do not have the root that ${checkpoint.origin} signed for ` +
    `size ${checkpoint.size}; nothing was stored`
  );
}
