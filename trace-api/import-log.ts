import { createReadStream } from 'node:fs';
import { type LogExportChunk, ProtocolError, readLogExport } from '@tianyuan/protocol';
import { z } from 'zod';

/** What became of an exported log. Sizes count entries of the log. */
export type Imported = {
  origin: string;
  /** what the trace API holds now */
  size: number;
  /** entries that it did not hold before */
  added: number;
  /** where the file stops being whole, and why; undefined for a whole one */
  torn: { atByte: number; why: string; wholeTo: number } | undefined;
};

/** What keeps a file from being imported; the message says what to do. */
export class ImportError extends Error {
  override readonly name = 'ImportError';
}

export type ImportOptions = {
  /** of the trace API; no trailing slash */
  url: string;
  onProgress?: (size: number) => void;
  /** bound of one request, default 2 min */
  timeoutMs?: number;
};

const headSchema = z.object({ size: z.int().min(0) });
const problemSchema = z.object({ title: z.string().optional(), detail: z.string().optional() });

/**
 * Gives an exported log to a trace API, chunk by chunk through the door that gateways use, so that all of it is verified
 * as if its gateway had sent it. What is there already is skipped, so the same file again, or one that was continued,
 * costs little.
 * @throws ImportError
 */
export async function importLog(file: string, options: ImportOptions): Promise<Imported> {
  const { onProgress = () => {} } = options;
  let head: { origin: string; logId: string; size: number; before: number } | undefined;
  let wholeTo = 0;
  let torn: Imported['torn'];
  try {
    for await (const part of readLogExport(createReadStream(file))) {
      if (part.kind === 'header') {
        const size = await askSize(part.header.logId, options);
        if (part.header.from > size) {
          throw new ImportError(
            `${file} begins at entry ${part.header.from} of ${part.header.origin}, and the trace API holds ${size}: ` +
              `export from ${size} on, or import the files before this one first`,
          );
        }
        head = { ...part.header, size, before: size };
        wholeTo = part.header.from;
      } else if (part.kind === 'chunk') {
        wholeTo = part.chunk.from + part.chunk.payloads.length;
        if (wholeTo <= head!.size) continue;
        head!.size = await sendChunk(head!.logId, part.chunk, options);
        onProgress(head!.size);
      } else {
        torn = { atByte: part.end, why: part.why, wholeTo };
      }
    }
  } catch (cause) {
    if (cause instanceof ImportError) throw cause;
    const why = cause instanceof ProtocolError ? 'is no exported log' : 'cannot be read';
    throw new ImportError(`${file} ${why}: ${(cause as Error).message}`, { cause });
  }
  const { origin, size, before } = head!;
  return { origin, size, added: size - before, torn };
}

async function askSize(logId: string, options: ImportOptions): Promise<number> {
  const response = await ask(`/api/v1/logs/${logId}`, options);
  // One that is not enrolled either: the first chunk tells.
  if (response.status === 404) return 0;
  return (await readAnswer(response)).size;
}

async function sendChunk(
  logId: string,
  { from, ...body }: LogExportChunk,
  options: ImportOptions,
): Promise<number> {
  const response = await ask(`/api/v1/logs/${logId}/entries?from=${from}`, options, body);
  const { size } = await readAnswer(response);
  if (size >= from + body.payloads.length) return size;
  throw new ImportError(`${options.url} took entries from ${from} on, and then says that it has ${size}`);
}

async function ask(
  path: string,
  { url, timeoutMs = 120_000 }: ImportOptions,
  body?: object,
): Promise<Response> {
  try {
    return await fetch(`${url.replace(/\/$/, '')}${path}`, {
      ...(body && {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
      signal: AbortSignal.timeout(timeoutMs),
    });
  } catch (cause) {
    throw new ImportError(
      `the trace API at ${url} does not answer: is it running, and is that its address (--url)? What it took stays there; ` +
        'the same command goes on',
      { cause },
    );
  }
}

async function readAnswer(response: Response): Promise<{ size: number }> {
  const text = await response.text();
  const value = parseJson(text);
  const head = headSchema.safeParse(value);
  if (response.ok && head.success) return head.data;
  const problem = problemSchema.safeParse(value);
  const said = problem.success ? [problem.data.title, problem.data.detail].filter(Boolean).join(': ') : '';
  throw new ImportError(`${response.url} answered ${response.status} ${said}`.trim());
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
