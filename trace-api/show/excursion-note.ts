import { html } from 'hono/html';
import type { ExcursionMark } from '../batches/batch-view.ts';
import { formatLimit, formatValue } from './format-quantity.ts';
import { type Language, type Say, amount, sayIn } from './language.ts';
import type { Html } from './page.ts';
import { timeTag } from './time-tag.ts';

/** A reader wants the worst; the rest is counted, and in the JSON. */
const mostListed = 3;

/** The excursions of one quantity in words, the longest first; nothing where there are none. */
export function excursionNote(excursions: readonly ExcursionMark[], language: Language): Html | '' {
  if (excursions.length === 0) return '';
  const say = sayIn(language);
  const length = ({ from, until }: ExcursionMark) => (until ?? Infinity) - from;
  const worst = excursions.toSorted((a, b) => length(b) - length(a) || a.from - b.from).slice(0, mostListed);
  const rest = excursions.length - worst.length;
  return html`<p class="note warn">
      ${say(
        `冷链超出 ${excursions.length} 次（图中阴影），已记入平台日志。`,
        `${amount(excursions.length, 'cold-chain excursion')} (shaded), in the platform’s log. `,
      )}
    </p>
    <ul class="muted">
      ${worst.map((one) => html`<li>${sentence(one, say, language)}</li>`)}
      ${rest === 0 ? '' : html`<li>${say(`另有 ${rest} 次`, `and ${rest} more`)}</li>`}
    </ul>`;
}

function sentence(
  { type, kind, limit, from, until, extreme }: ExcursionMark,
  say: Say,
  language: Language,
): Html {
  const bound = formatLimit(type, limit);
  const what = {
    above: say(`高于 ${bound}`, `above ${bound}`),
    below: say(`低于 ${bound}`, `below ${bound}`),
    mkt: say(`平均动力学温度高于 ${bound}`, `mean kinetic temperature above ${bound}`),
  }[kind];
  const end =
    until === null
      ? say('，尚未结束', ', not over yet')
      : html`${say(' 至 ', ' to ')}${timeTag(until, language)}`;
  return html`${what}${say('：', ': ')}${timeTag(from, language)}${end}${say('，最', ', ')}${
    kind === 'below' ? say('低 ', 'down to ') : say('高 ', 'up to ')
  }${formatValue(type, extreme)}`;
}
