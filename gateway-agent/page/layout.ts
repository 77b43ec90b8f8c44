import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { html, raw } from 'hono/html';
import { type Language, sayIn } from './language.ts';

export type Html = ReturnType<typeof html>;

const stylesheet = readFileSync(new URL('page.css', import.meta.url), 'utf8');
const styleHash = createHash('sha256').update(stylesheet).digest('base64');

/** Nothing but this very stylesheet; forms go back to this gateway; nobody frames it. There is no script to run. */
export const contentSecurityPolicy = [
  "default-src 'none'",
  `style-src 'sha256-${styleHash}'`,
  'img-src data:',
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

const mark = `<svg viewBox="0 0 32 32" aria-hidden="true"><rect width="32" height="32" rx="8" fill="#1f6b45"/><path d="M8 8h16v16H8zM16 8v16M8 16h16" fill="none" stroke="#fdf9ee" stroke-width="2.4" stroke-linejoin="round"/><path d="M16.8 15.2c0-4.4 2.8-6.6 6.6-6.6 0 4.4-2.6 6.6-6.6 6.6z" fill="#f3c14b"/></svg>`;
const icon = `data:image/svg+xml,${encodeURIComponent(mark.replace('<svg', '<svg xmlns="http://www.w3.org/2000/svg"'))}`;

export type PageOptions = {
  language: Language;
  title: string;
  body: Html;
  /** seconds after which the browser asks again; undefined for pages with something to fill in */
  refreshSeconds?: number;
  /** of the session; undefined where nobody is signed in */
  formToken?: string;
};

/** A whole page. Everything put into it is escaped. */
export function layOut({ language, title, body, refreshSeconds, formToken }: PageOptions): Html {
  const say = sayIn(language);
  return html`<!doctype html>
    <html lang="${say('zh-CN', 'en')}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="format-detection" content="telephone=no" />
        ${refreshSeconds === undefined ? '' : html`<meta http-equiv="refresh" content="${refreshSeconds}" />`}
        <title>${title}</title>
        <link rel="icon" href="${icon}" />
        ${raw(`<style>${stylesheet}</style>`)}
      </head>
      <body>
        <header class="top">
          <a class="brand" href="/">${raw(mark)}<b>田源</b> ${say('网关', 'gateway')}</a>
          <nav>
            <a lang="${say('en', 'zh-CN')}" hreflang="${say('en', 'zh-CN')}" href="?lang=${say('en', 'zh')}"
              >${say('English', '中文')}</a
            >
            ${
              formToken === undefined
                ? ''
                : html`<form method="post" action="/sign-out">
                    <input type="hidden" name="token" value="${formToken}" />
                    <button class="link">${say('退出', 'Sign out')}</button>
                  </form>`
            }
          </nav>
        </header>
        <main>${body}</main>
      </body>
    </html>`;
}
