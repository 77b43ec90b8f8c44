import { html } from 'hono/html';
import type { LiveReading } from '../batches/batch-view.ts';
import { formatReading, quantityTitle } from './format-quantity.ts';
import { type Language, sayIn } from './language.ts';
import type { Html } from './page.ts';
import { timeTag } from './time-tag.ts';

/** What is measured now, while what was measured before is still on its way. */
export function liveSection(live: readonly LiveReading[], language: Language): Html | '' {
  const say = sayIn(language);
  if (live.length === 0) return '';
  return html`<section class="card" aria-labelledby="live">
    <h2 id="live">${say('最新读数（正在补传）', 'Newest readings, ahead of a backfill')}</h2>
    <p>
      ${say(
        '网关曾断线，较早的数据正在补传。以下读数已签名并记入网关日志；待之前的数据到齐，再一并核对、存证。',
        'The gateway had no link, and what it measured before is still on its way. These readings are signed and in its log; they are checked and anchored with everything before them once that is here.',
      )}
    </p>
    <ul>
      ${live.map(
        ({ device, sensor, type, value, time }) =>
          html`<li>
            ${quantityTitle(type, language)} <strong>${formatReading({ type, value }, language)}</strong> ·
            ${sensor === null ? device : `${device}/${sensor}`} · ${timeTag(time, language)}
          </li>`,
      )}
    </ul>
  </section>`;
}
