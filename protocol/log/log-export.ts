import * as z from 'zod';
import { ProtocolError } from '../protocol-error.ts';

/**
 * A log on a stick: the file that a gateway without a link exports and that a trace API imports. One JSON object a line.
 * The first names the log; each of the others is the body of an upload (PROTOCOL section 7) with the index of its first
 * entry, and its checkpoint is its signature. So a file that was torn off is good up to its last whole line.
 */
const logExportType = 'tianyuan/log-export/v1';

const headerSchema = z.strictObject({
  type: z.literal(logExportType),
  origin: z.string().min(1).max(255),
  /** 64 hex digits */
  logId: z.string().regex(/^[0-9a-f]{64}$/),
  /** index of the file's first entry */
  from: z.int().min(0),
});

const chunkSchema = z.strictObject({
  from: z.int().min(0),
  checkpoint: z.string(),
  entries: z.string(),
  payloads: z.array(z.string().nullable()).min(1),
});

export type LogExportHeader = Omit<z.infer<typeof headerSchema>, 'type'>;
export type LogExportChunk = z.infer<typeof chunkSchema>;

/** `end` is the byte after the part, where a whole file may be cut off. */
export type LogExportPart =
  | { kind: 'header'; header: LogExportHeader; end: number }
  | { kind: 'chunk'; chunk: LogExportChunk; end: number }
  /** what follows from this byte on is not whole; it is the last part */
  | { kind: 'torn'; end: number; why: string };

/** An upload has at most 32 MiB, and a line is one. */
const maxLineBytes = 33 * 1024 * 1024;

export function formatLogExportHeader({ origin, logId, from }: LogExportHeader): string {
  return `${JSON.stringify({ type: logExportType, origin, logId, from })}\n`;
}

export function formatLogExportChunk({ from, checkpoint, entries, payloads }: LogExportChunk): string {
  return `${JSON.stringify({ from, checkpoint, entries, payloads })}\n`;
}

/**
 * Reads an export as far as it is whole, in order and without holes. What its chunks say is not verified: that is for
 * whoever takes them.
 * @throws ProtocolError LOG_EXPORT where it does not begin as one
 */
export async function* readLogExport(
  bytes: AsyncIterable<Uint8Array>,
): AsyncGenerator<LogExportPart, void, void> {
  let next: number | undefined;
  for await (const { line, end, start } of splitLines(bytes)) {
    const value = line === undefined ? undefined : parse(line);
    if (next === undefined) {
      const header = headerSchema.safeParse(value);
      if (!header.success) throw new ProtocolError('LOG_EXPORT', 'not an exported log');
      const { type: _, ...named } = header.data;
      next = named.from;
      yield { kind: 'header', header: named, end };
      continue;
    }
    const chunk = chunkSchema.safeParse(value);
    if (!chunk.success) {
      const why = line === undefined ? 'its last line is cut off' : 'a line is no chunk of a log';
      yield { kind: 'torn', end: start, why };
      return;
    }
    if (chunk.data.from !== next) {
      yield { kind: 'torn', end: start, why: `entry ${chunk.data.from} follows where ${next} is due` };
      return;
    }
    next += chunk.data.payloads.length;
    yield { kind: 'chunk', chunk: chunk.data, end };
  }
  if (next === undefined) throw new ProtocolError('LOG_EXPORT', 'an empty file');
}

type Line = { line: Uint8Array | undefined; start: number; end: number };

/** Lines by their line feed; what comes after the last one, or is longer than any line may be, is undefined. */
async function* splitLines(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Line, void, void> {
  let pending: Uint8Array[] = [];
  let pendingBytes = 0;
  let start = 0;
  for await (const piece of bytes) {
    let rest = piece;
    for (let at = rest.indexOf(10); at !== -1; at = rest.indexOf(10)) {
      const length = pendingBytes + at;
      yield { line: join([...pending, rest.subarray(0, at)], length), start, end: start + length + 1 };
      start += length + 1;
      pending = [];
      pendingBytes = 0;
      rest = rest.subarray(at + 1);
    }
    // Its own copy: a reader may use its buffer again.
    if (rest.length > 0) pending.push(rest.slice());
    pendingBytes += rest.length;
    if (pendingBytes > maxLineBytes) break;
  }
  if (pendingBytes > 0) yield { line: undefined, start, end: start + pendingBytes };
}

function join(pieces: readonly Uint8Array[], length: number): Uint8Array {
  const joined = new Uint8Array(length);
  let offset = 0;
  for (const piece of pieces) {
    joined.set(piece, offset);
    offset += piece.length;
  }
  return joined;
}

function parse(line: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(line));
  } catch {
    return undefined;
  }
}
