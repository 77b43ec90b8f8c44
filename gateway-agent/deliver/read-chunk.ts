import { entryLength } from '@tianyuan/protocol';
import type { Store } from '../keep/store.ts';
import type { ChunkBound } from './chunk-size.ts';
import type { UploadBody } from './trace-client.ts';

/** Consecutive entries of the log, as one call or one line of an export carries them. */
export type Chunk = {
  from: number;
  /** of the log at the chunk's end */
  size: number;
  payloadBytes: number;
  bytes: number;
  /** under a checkpoint of exactly {@link Chunk.size} */
  bodyUnder: (checkpoint: string) => UploadBody;
};

type Row = { entry: Buffer; payload: Buffer | null };

/** @returns a reader of what fits into a bound, at least one entry; `end` is a size that the log has reached */
export function openChunkReader({ sqlite }: Store): (from: number, end: number, bound: ChunkBound) => Chunk {
  const select = sqlite.prepare('SELECT entry, payload FROM entries WHERE idx >= ? AND idx < ? ORDER BY idx');
  return (from, end, bound) => {
    const read = select.all(from, Math.min(from + bound.entries, end)) as Row[];
    let payloadBytes = 0;
    const cut = read.findIndex(({ payload }, i) => {
      const more = payload?.length ?? 0;
      if (i > 0 && payloadBytes + more > bound.payloadBytes) return true;
      payloadBytes += more;
      return false;
    });
    const rows = cut === -1 ? read : read.slice(0, cut);
    return {
      from,
      size: from + rows.length,
      payloadBytes,
      bytes: payloadBytes + rows.length * entryLength,
      bodyUnder: (checkpoint) => ({
        checkpoint,
        entries: Buffer.concat(rows.map(({ entry }) => entry)).toString('base64'),
        payloads: rows.map(({ payload }) => payload && payload.toString('base64')),
      }),
    };
  };
}
