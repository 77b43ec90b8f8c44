import { concatBytes } from './bytes.ts';

/**
 * A response's body, and no more of it than the bound: a server that never ends is cut off, not swallowed.
 * @returns undefined where it has more than `maxBytes`; rejects where the connection breaks
 */
export async function readBounded(response: Response, maxBytes: number): Promise<Uint8Array | undefined> {
  const reader = response.body?.getReader();
  if (reader === undefined) return new Uint8Array(0);
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return concatBytes(...chunks);
    length += value.length;
    if (length > maxBytes) {
      await reader.cancel();
      return undefined;
    }
    chunks.push(value);
  }
}
