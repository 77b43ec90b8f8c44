import { createHash } from 'node:crypto';
import type { EncodedBody } from './encoded-body.ts';

/** Some 60 KB each, plain and compressed: 16 MB at most. */
const mostPages = 256;

const pages = new Map<string, Promise<EncodedBody>>();

/**
 * What `make` makes, once for each content: a curve takes milliseconds to draw and a page to compress, and a rush on one
 * code asks for the same again and again. Least recently used goes first.
 *
 * @param content everything that the page depends on
 */
export async function cachedPage(content: unknown, make: () => Promise<EncodedBody>): Promise<EncodedBody> {
  const key = createHash('sha256').update(JSON.stringify(content)).digest('base64');
  let page = pages.get(key);
  if (page === undefined) {
    page = make();
    page.catch(() => pages.delete(key));
  }
  pages.delete(key);
  pages.set(key, page);
  if (pages.size > mostPages) pages.delete(pages.keys().next().value!);
  return page;
}
