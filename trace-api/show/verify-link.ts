import { html } from 'hono/html';
import { type Language, sayIn } from './language.ts';
import type { Html } from './page.ts';

/** To the inspector's page, with the proof of one record. */
export function verifyLink(logId: string, index: number, language: Language): Html {
  const bundle = encodeURIComponent(`/api/v1/logs/${logId}/entries/${index}/proof`);
  return html`<a href="/verify?bundle=${bundle}">${sayIn(language)('核验', 'verify')}</a>`;
}
