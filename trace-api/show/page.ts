import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Context } from 'hono';
import { html, raw } from 'hono/html';
import { type EncodedBody, encodeBody, respondWithBody } from './encoded-body.ts';
import { type Language, languageTags, sayIn } from './language.ts';

/** What `html` makes; a promise only where something inside it is one. */
export type Html = ReturnType<typeof html>;

/** One page of the site. `title` and `description` are plain text; the rest is markup. */
export type Page = {
  language: Language;
  title: string;
  description: string;
  body: Html;
  /** more of the head, such as alternate links */
  head?: Html;
  /** path of the page's one script */
  script?: string;
  /** whom the script may ask: this site alone, or, where it is not said, anybody */
  connect?: 'self';
  /** what of its address, besides the language, the page depends on */
  query?: Record<string, string>;
};

const stylesheet = readFileSync(new URL('page.css', import.meta.url), 'utf8');
const styleHash = createHash('sha256').update(stylesheet).digest('base64');

const leaf = `<svg viewBox="0 0 32 32" aria-hidden="true"><rect width="32" height="32" rx="8" fill="#1f6b45"/><path d="M8 8h16v16H8zM16 8v16M8 16h16" fill="none" stroke="#fdf9ee" stroke-width="2.4" stroke-linejoin="round"/><path d="M16.8 15.2c0-4.4 2.8-6.6 6.6-6.6 0 4.4-2.6 6.6-6.6 6.6z" fill="#f3c14b"/></svg>`;
const icon = `data:image/svg+xml,${encodeURIComponent(leaf.replace('<svg', '<svg xmlns="http://www.w3.org/2000/svg"'))}`;

/**
 * Nothing is fetched from anywhere else, and a page without a script can run none. The inspector chooses the node to ask,
 * so that page may connect anywhere.
 */
function contentSecurityPolicy({ script, connect }: Pick<Page, 'script' | 'connect'>): string {
  return [
    "default-src 'none'",
    `style-src 'sha256-${styleHash}'`,
    "img-src 'self' data:",
    ...(script === undefined
      ? []
      : ["script-src 'self'", connect === 'self' ? "connect-src 'self'" : 'connect-src http: https:']),
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

/** A page as bytes, ready for {@link respondWithPage}. */
export async function encodePage(page: Page): Promise<EncodedBody> {
  return encodeBody(String(await layOut(page)));
}

/** Answers with an encoded page that caches may keep for `maxAgeSeconds`. */
export function respondWithPage(
  c: Context,
  page: Pick<Page, 'language' | 'script' | 'connect'>,
  body: EncodedBody,
  { status = 200, maxAgeSeconds = 0 }: { status?: 200 | 404; maxAgeSeconds?: number } = {},
): Response {
  c.header('content-type', 'text/html; charset=utf-8');
  c.header('content-security-policy', contentSecurityPolicy(page));
  c.header('content-language', languageTags[page.language]);
  c.header('cache-control', maxAgeSeconds > 0 ? `public, max-age=${maxAgeSeconds}` : 'no-cache');
  c.header('vary', 'Accept, Accept-Language');
  c.header('x-content-type-options', 'nosniff');
  c.header('referrer-policy', 'same-origin');
  return respondWithBody(c, body, status);
}

function layOut({ language, title, description, body, head, script, query }: Page): Html {
  const other = new URLSearchParams({ ...query, lang: language === 'zh' ? 'en' : 'zh' });
  const say = sayIn(language);
  return html`<!doctype html>
    <html lang="${languageTags[language]}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="format-detection" content="telephone=no" />
        <title>${title}</title>
        <meta name="description" content="${description}" />
        <link rel="icon" href="${icon}" />
        ${head ?? ''} ${raw(`<style>${stylesheet}</style>`)}
        ${script === undefined ? '' : html`<script type="module" src="${script}"></script>`}
      </head>
      <body>
        <header class="top">
          <span class="brand">${raw(leaf)}<b>田源</b> Tianyuan</span>
          <a class="lang" lang="${say('en', 'zh-CN')}" hreflang="${say('en', 'zh-CN')}" href="?${other}"
            >${say('English', '中文')}</a
          >
        </header>
        ${body}
      </body>
    </html>`;
}
