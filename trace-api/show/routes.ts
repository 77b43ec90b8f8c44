import { type Context, Hono } from 'hono';
import { digitalLinkPath, parseDigitalLink } from '@tianyuan/protocol';
import type { BatchView } from '../batches/batch-view.ts';
import { deskPage } from '../desk/desk-page.ts';
import { languageOf } from './choose-language.ts';
import { limitsPage, limitsPath } from './limits-page.ts';
import { encodePage, respondWithPage } from './page.ts';
import { noMoment, parseMoment } from './moment.ts';
import { qrPng, qrSvg } from './qr-code.ts';
import { respondWithBatch } from './respond-with-batch.ts';
import { verifyPage } from './verify-page.ts';
import { pageScripts, respondWithScript } from './page-scripts.ts';

/** What the pages need of the rest. `findBatch` answers published batches only, as they stood at a time, Unix ms; GTINs have 14 digits. */
export type PageDeps = {
  findBatch: (
    by: { gtin: string; lot: string } | { batchId: string },
    timeMs: number | undefined,
  ) => Promise<BatchView | undefined>;
  /** the site's address as printed on boxes */
  publicUrl: string;
};

const batchIdPattern = /^[A-Za-z0-9._-]{1,64}$/;
const qrMaxAgeSeconds = 86_400;

/** The site's pages, their QR codes and their scripts. They bring their own security headers. */
export function pageRoutes({ findBatch, publicUrl }: PageDeps): Hono {
  const app = new Hono();
  const site = publicUrl.replace(/\/$/, '');
  // Built at start and not for the first reader, who is told if it failed; here nobody would.
  pageScripts().catch(() => {});

  app.get('/01/:gtin/10/:lot', async (c) => {
    const item = orUndefined(() => parseDigitalLink(new URL(c.req.url).pathname));
    return respondAsOf(c, item);
  });
  app.get('/t/:batchId', async (c) => {
    const batchId = c.req.param('batchId');
    return respondAsOf(c, batchIdPattern.test(batchId) ? { batchId } : undefined);
  });
  async function respondAsOf(c: Context, by: Parameters<typeof findBatch>[0] | undefined): Promise<Response> {
    const asked = c.req.query('asOf');
    const asOf = asked === undefined ? undefined : parseMoment(asked);
    if (asked !== undefined && asOf === undefined) return c.text(noMoment(asked), 400);
    return respondWithBatch(c, site, by && (await findBatch(by, asOf)), asOf);
  }

  app.get('/qr/t/:file{.+\\.svg}', async (c) => {
    const batchId = c.req.param('file').slice(0, -'.svg'.length);
    return batchIdPattern.test(batchId) ? respondWithQr(c, `${site}/t/${batchId}`, 'svg') : c.notFound();
  });
  app.get('/qr/:gtin/:file{.+\\.(?:svg|png)}', async (c) => {
    const file = c.req.param('file');
    const item = { gtin: c.req.param('gtin'), lot: file.slice(0, -'.svg'.length) };
    const path = orUndefined(() => digitalLinkPath(item));
    if (path === undefined) return c.notFound();
    return respondWithQr(c, site + path, file.endsWith('.svg') ? 'svg' : 'png');
  });

  app.get('/verify', async (c) => {
    const language = languageOf(c);
    const bundle = c.req.query('bundle');
    const query = bundle === undefined ? {} : { bundle };
    const page = { language, query, script: (await pageScripts()).verify.path, ...verifyPage(language) };
    return respondWithPage(c, page, await encodePage(page));
  });
  app.get('/desk', async (c) => {
    const language = languageOf(c);
    const script = (await pageScripts()).desk.path;
    const page = { language, script, connect: 'self' as const, ...deskPage(language) };
    return respondWithPage(c, page, await encodePage(page));
  });
  app.get(limitsPath, async (c) => {
    const language = languageOf(c);
    const page = { language, ...limitsPage(language) };
    return respondWithPage(c, page, await encodePage(page), { maxAgeSeconds: qrMaxAgeSeconds });
  });
  app.get('/assets/:file', async (c) => respondWithScript(c, await pageScripts()));
  return app;
}

async function respondWithQr(c: Context, text: string, form: 'svg' | 'png'): Promise<Response> {
  c.header('cache-control', `public, max-age=${qrMaxAgeSeconds}`);
  return form === 'svg'
    ? c.body(await qrSvg(text), 200, { 'content-type': 'image/svg+xml' })
    : c.body(await qrPng(text), 200, { 'content-type': 'image/png' });
}

/** The protocol's identifiers throw; a reader's typing error is no exception. */
function orUndefined<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch {
    return undefined;
  }
}
