import { html } from 'hono/html';
import { formatTime, utcTime } from './format-time.ts';
import type { Language } from './language.ts';
import type { Html } from './page.ts';

/** A time in Shanghai, its UTC in the tooltip and for machines. */
export function timeTag(time: number, language: Language, detail?: 'date' | 'minute' | 'second'): Html {
  const utc = utcTime(time);
  return html`<time datetime="${utc}" title="${utc}">${formatTime(time, language, detail)}</time>`;
}
