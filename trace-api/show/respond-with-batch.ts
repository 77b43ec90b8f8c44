import type { Context } from 'hono';
import { accepts } from 'hono/accepts';
import { html } from 'hono/html';
import { digitalLinkPath } from '@tianyuan/protocol';
import type { BatchView } from '../batches/batch-view.ts';
import { languageOf } from './choose-language.ts';
import { consumerPage } from './consumer-page.ts';
import { jsonLdOf } from './json-ld.ts';
import type { Language } from './language.ts';
import { linksetOf } from './linkset.ts';
import { cachedPage } from './page-cache.ts';
import { type Page, encodePage, respondWithPage } from './page.ts';
import { unknownBatchPage } from './unknown-batch-page.ts';

const linksetType = 'application/linkset+json';
const jsonLdType = 'application/ld+json';

/** How late an answer may be: it bears a rush on one code, and nobody misses ten seconds. */
const maxAgeSeconds = 10;

/**
 * What a batch's code leads to: its page, its linkset or its description by Accept; for none, a page that says so.
 * @param site the public address, without a slash at its end
 * @param asOf the time of which `batch` is, Unix ms; undefined for now
 */
export async function respondWithBatch(
  c: Context,
  site: string,
  batch: BatchView | undefined,
  asOf?: number,
): Promise<Response> {
  const language = languageOf(c);
  if (batch === undefined) {
    const page = { language, ...unknownBatchPage(language, decodePath(new URL(c.req.url).pathname)) };
    return respondWithPage(c, page, await encodePage(page), { status: 404 });
  }
  const path = pathOf(batch);
  c.header('link', `<${site}${path}>; rel="linkset"; type="${linksetType}"`);
  const form = formOf(c);
  if (form !== 'text/html') {
    c.header('vary', 'Accept');
    c.header('cache-control', `public, max-age=${maxAgeSeconds}`);
    c.header('access-control-allow-origin', '*');
    const answer = form === linksetType ? linksetOf(batch, site + path, site) : jsonLdOf(batch, site + path);
    return c.body(JSON.stringify(answer), 200, { 'content-type': form });
  }
  const body = await cachedPage([site, language, batch, asOf], () =>
    encodePage(pageOf(batch, language, site, path, asOf)),
  );
  return respondWithPage(c, { language }, body, { maxAgeSeconds });
}

function pageOf(
  batch: BatchView,
  language: Language,
  site: string,
  path: string,
  asOf: number | undefined,
): Page {
  const uri = site + path;
  const qr = path.startsWith('/t/')
    ? `/qr${path}.svg`
    : `/qr/${batch.gtin}/${encodeURIComponent(batch.lot)}.svg`;
  const query = asOf === undefined ? '' : `?asOf=${asOf}`;
  const json = `/api/v1/batches/${encodeURIComponent(batch.batchId)}/trace${query}`;
  const past = asOf === undefined ? undefined : { asOf, now: `${path}?lang=${language}` };
  const head = html`<link rel="canonical" href="${uri}" />
    <link rel="alternate" hreflang="zh-CN" href="${uri}?lang=zh" />
    <link rel="alternate" hreflang="en" href="${uri}?lang=en" />
    <link rel="alternate" type="${jsonLdType}" href="${path}" />`;
  return { language, head, ...consumerPage(batch, language, { qr, json }, past) };
}

/** Its Digital Link, where it has a GTIN. */
function pathOf({ gtin, lot, batchId }: BatchView): string {
  return gtin === '' ? `/t/${encodeURIComponent(batchId)}` : digitalLinkPath({ gtin, lot });
}

/** By Accept; `?linkType=linkset` is how GS1 resolvers are asked by those who cannot set a header. */
function formOf(c: Context): 'text/html' | typeof linksetType | typeof jsonLdType {
  if (c.req.query('linkType') === 'linkset') return linksetType;
  const supports = ['text/html', linksetType, jsonLdType];
  return accepts(c, { header: 'Accept', supports, default: 'text/html' }) as ReturnType<typeof formOf>;
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
