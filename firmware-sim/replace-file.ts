import { closeSync, fsyncSync, openSync, renameSync, writeSync } from 'node:fs';

/** Writes a file in one step: a reader finds the old text or the new one, never a half. */
export function replaceFile(file: string, text: string, mode: number): void {
  const unfinished = `${file}.unfinished`;
  const descriptor = openSync(unfinished, 'w', mode);
  try {
    writeSync(descriptor, text);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  renameSync(unfinished, file);
}
