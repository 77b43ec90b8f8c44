import {
  closeSync,
  createReadStream,
  existsSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  writeSync,
} from 'node:fs';
import { formatLogExportChunk, formatLogExportHeader, logIdHex, readLogExport } from '@tianyuan/protocol';
import { GatewayError } from '../gateway-error.ts';
import type { StoredLog } from '../log/stored-log.ts';
import { openChunkReader } from './read-chunk.ts';

/** A line is what an upload would be, so an import asks no more of the trace API. */
const chunkBound = { entries: 1024, payloadBytes: 8 * 1024 * 1024 };
/** FAT32, which sticks come with, ends a file at 4 GiB - 1. */
const maxFileBytes = 2 ** 32 - 1;
/** A stick that is pulled out early loses at most so many chunks, which the next export writes again. */
const chunksPerSync = 16;

export type Exported = {
  /** entries in the file: `from` up to, and not with, `size` */
  from: number;
  size: number;
  bytes: number;
  /** whether the file already held the beginning, and was continued */
  isContinued: boolean;
  /** what the log holds beyond a file that is full; export from there into another file */
  left: number;
};

/**
 * Writes the log from an entry on, with payloads and checkpoints, to a file; or what has come since into one that was
 * begun, after cutting off what is torn at its end. It is on the stick when this resolves.
 * @param options.from of a new file; a file that exists goes on where it ends
 * @throws GatewayError EXPORT
 */
export async function exportLog(
  { origin, store, log, checkpointAt }: StoredLog,
  file: string,
  options: {
    from?: number | undefined;
    onProgress?: (size: number, end: number) => void;
    maxBytes?: number;
  } = {},
): Promise<Exported> {
  const { onProgress = () => {}, maxBytes = maxFileBytes } = options;
  const begun = existsSync(file) ? await readBegun(file, origin) : undefined;
  const end = log.size();
  const from = begun?.from ?? options.from ?? 0;
  if (options.from !== undefined && options.from !== from) {
    throw failed(
      `${file} begins at entry ${from}, not at ${options.from}: leave --from away to continue it, or name another file`,
    );
  }
  if (from > end) throw failed(`the log of ${origin} has ${end} entries; there is none from ${from} on`);

  const read = openChunkReader(store);
  const header = formatLogExportHeader({ origin, logId: logIdHex(origin), from });
  const descriptor = openSync(file, begun === undefined ? 'wx' : 'r+', 0o644);
  try {
    let bytes = begun?.bytes ?? 0;
    let next = begun?.size ?? from;
    ftruncateSync(descriptor, bytes);
    const write = (text: string): void => {
      const line = Buffer.from(text);
      for (let done = 0; done < line.length;)
        done += writeSync(descriptor, line, done, line.length - done, bytes + done);
      bytes += line.length;
    };
    if (begun === undefined) write(header);
    for (let chunks = 1; next < end; chunks++) {
      const chunk = read(next, end, chunkBound);
      const line = formatLogExportChunk({ from: next, ...chunk.bodyUnder(checkpointAt(chunk.size).note) });
      if (bytes + Buffer.byteLength(line) > maxBytes) break;
      write(line);
      next = chunk.size;
      if (chunks % chunksPerSync === 0) fsyncSync(descriptor);
      onProgress(next, end);
    }
    fsyncSync(descriptor);
    return { from, size: next, bytes, isContinued: begun !== undefined, left: end - next };
  } finally {
    closeSync(descriptor);
  }
}

/** How far a file got that was begun. What is torn at its end, or damaged from somewhere on, is written again. */
async function readBegun(
  file: string,
  origin: string,
): Promise<{ from: number; size: number; bytes: number }> {
  let begun: { from: number; size: number; bytes: number } | undefined;
  try {
    for await (const part of readLogExport(createReadStream(file))) {
      if (part.kind === 'header') {
        if (part.header.origin !== origin)
          throw failed(`${file} holds the log of ${part.header.origin}, not of ${origin}`);
        begun = { from: part.header.from, size: part.header.from, bytes: part.end };
      } else if (part.kind === 'chunk') {
        begun = { from: begun!.from, size: part.chunk.from + part.chunk.payloads.length, bytes: part.end };
      }
    }
  } catch (cause) {
    if (cause instanceof GatewayError) throw cause;
    throw failed(
      `${file} is there already and cannot be continued (${(cause as Error).message}): name another file`,
      cause,
    );
  }
  return begun!;
}

function failed(message: string, cause?: unknown): GatewayError {
  return new GatewayError('EXPORT', message, { cause });
}
