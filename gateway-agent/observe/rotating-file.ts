import { closeSync, fstatSync, ftruncateSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { DestinationStream } from 'pino';

/** How large a file may become, and how many there are: the one that is written, and those before it. */
export type Rotation = { maxBytes: number; files: number };

/**
 * A log of bounded size at `path`: what is older lies in `path.1`, `path.2` and so on. The names are all that it knows of
 * earlier processes, so restarts make no more of them. It never throws: a full disk costs lines, which are counted into the
 * first one that is written again, and not the agent.
 */
export function openRotatingFile(path: string, { maxBytes, files }: Rotation): DestinationStream {
  let file: { descriptor: number; bytes: number } | undefined;
  let lost = 0;

  function open(): NonNullable<typeof file> {
    mkdirSync(dirname(path), { recursive: true });
    const descriptor = openSync(path, 'a');
    return { descriptor, bytes: fstatSync(descriptor).size };
  }

  function rotate(): void {
    close();
    for (let i = files - 1; i > 0; i--) {
      try {
        renameSync(i === 1 ? path : `${path}.${i - 1}`, `${path}.${i}`);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      }
    }
  }

  function close(): void {
    const was = file;
    file = undefined;
    if (was !== undefined) closeSync(was.descriptor);
  }

  function append(bytes: Buffer): void {
    file ??= open();
    if (file.bytes > 0 && file.bytes + bytes.length > maxBytes) {
      rotate();
      file = open();
    }
    try {
      for (let done = 0; done < bytes.length;) done += writeSync(file.descriptor, bytes, done);
    } catch (error) {
      // Half a line would make the next one unreadable, too.
      const { descriptor, bytes: whole } = file;
      quietly(() => ftruncateSync(descriptor, whole));
      throw error;
    }
    file.bytes += bytes.length;
  }

  return {
    write(line) {
      try {
        const missing =
          lost === 0 ? '' : `${JSON.stringify({ level: 40, time: Date.now(), lostLines: lost })}\n`;
        append(Buffer.from(missing + line));
        lost = 0;
      } catch (error) {
        if (lost === 0) process.stderr.write(`the log ${path} cannot be written: ${String(error)}\n`);
        lost += 1;
        // Opened anew for the next line: what was in the way may be gone by then.
        quietly(close);
      }
    },
  };
}

function quietly(work: () => void): void {
  try {
    work();
  } catch {
    // The error that led here is the one to tell.
  }
}
