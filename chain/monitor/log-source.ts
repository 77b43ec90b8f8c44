import { decodeEntryBundle, entryLength, formatTilePath, readBounded, tileWidth } from '@tianyuan/protocol';
import { ChainError } from '../chain-error.ts';

/** Where logs are read from: tlog-tiles over HTTP, under `{url}/{logId}/`. */
export type LogSource = {
  checkpoint: (logId: string) => Promise<string>;
  /** the entries of a bundle, as many of its 256 as the log has at `size` */
  entries: (logId: string, bundle: number, size: number) => Promise<Uint8Array[]>;
};

const timeoutMs = 15_000;
const maxNoteBytes = 256 * 1024;
const maxBundleBytes = tileWidth * (2 + entryLength) + 1024;

/** @param url such as `https://trace.example/logs`. Calls reject with a ChainError LOG_UNREADABLE. */
export function httpLogSource(url: string): LogSource {
  const base = url.replace(/\/$/, '');
  return {
    checkpoint: async (logId) =>
      new TextDecoder().decode(await get(`${base}/${logId}/checkpoint`, maxNoteBytes)),
    entries: async (logId, bundle, size) => {
      const width = Math.min(tileWidth, size - bundle * tileWidth);
      const path = `${base}/${logId}/${formatTilePath({ level: 'entries', index: bundle, width })}`;
      const entries = decodeEntryBundle(await get(path, maxBundleBytes));
      if (entries.length === width) return entries;
      throw new ChainError('LOG_UNREADABLE', `${path} holds ${entries.length} entries, not ${width}`);
    },
  };
}

async function get(url: string, maxBytes: number): Promise<Uint8Array> {
  let response: Response;
  let bytes: Uint8Array | undefined;
  try {
    response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) });
    bytes = await readBounded(response, maxBytes);
  } catch (cause) {
    throw new ChainError('LOG_UNREADABLE', `${url} does not answer: ${(cause as Error).message}`, { cause });
  }
  if (!response.ok) throw new ChainError('LOG_UNREADABLE', `${url} answers ${response.status}`);
  if (bytes === undefined) throw new ChainError('LOG_UNREADABLE', `${url} answers with too much`);
  return bytes;
}
