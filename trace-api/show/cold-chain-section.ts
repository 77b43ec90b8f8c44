import { html } from 'hono/html';
import type { CompletenessView } from '../cold-chain/read-completeness.ts';
import type { ExcursionView } from '../cold-chain/read-excursions.ts';
import type { ShelfLifeView } from '../cold-chain/read-shelf-life.ts';
import type { ColdChainView } from '../story/story-view.ts';
import { formatLimit, formatValue } from './format-quantity.ts';
import { type Language, type Say, amount, sayIn } from './language.ts';
import type { Html } from './page.ts';
import { timeTag } from './time-tag.ts';
import { verifyLink } from './verify-link.ts';

/** What the profile of the product makes of the curves: excursions, how much of the record is there, what is left of its life. */
export function coldChainSection(cold: ColdChainView, logId: string, language: Language): Html | '' {
  const { profile, excursions, completeness, shelfLife } = cold;
  if (profile === null) return '';
  const say = sayIn(language);
  return html`<section class="card">
    <h2>${say('冷链', 'Cold chain')}</h2>
    <p class="muted">
      ${say(`按“${profile.name.zh}”的规则判定`, `Judged by the rules for ${profile.name.en}`)}
    </p>
    ${
      excursions.length === 0
        ? html`<p class="note good">${say('没有超出规则的时段。', 'No excursion by these rules.')}</p>`
        : html`<div class="note warn">
            <p><b>${say(`${excursions.length} 次超温时段`, amount(excursions.length, 'excursion'))}</b></p>
            <ul>
              ${excursions.map((one) => excursionItem(one, logId, language))}
            </ul>
          </div>`
    }
    ${completenessNote(completeness, say)} ${shelfLife === null ? '' : shelfLifeNote(shelfLife, language)}
  </section>`;
}

function excursionItem(
  { rule, from, until, extreme, device, readings, recordIndex }: ExcursionView,
  logId: string,
  language: Language,
): Html {
  const say = sayIn(language);
  const kind = {
    above: say('高于', 'above'),
    below: say('低于', 'below'),
    mkt: say('平均动力学温度高于', 'mean kinetic temperature above'),
  }[rule.kind];
  const proof = recordIndex === null ? '' : html` · ${verifyLink(logId, recordIndex, language)}`;
  const end = until === null ? say('现在', 'now') : timeTag(until, language);
  return html`<li>
    ${kind}
    ${formatLimit(rule.type, rule.limit)}${say('：', ': ')}${timeTag(from, language)}${say(' 至 ', ' to ')}${end}${say(
      '，极值 ',
      ', extreme ',
    )}${formatValue(rule.type, extreme)}
    <span class="by">${device} · ${say(`${readings} 个读数`, amount(readings, 'reading'))}${proof}</span>
  </li>`;
}

/** Over all devices: messages that are there, of those that the devices counted. */
function completenessNote(completeness: readonly CompletenessView[], say: Say): Html | '' {
  const worst = completeness.toSorted((a, b) => a.completeMilliPercent - b.completeMilliPercent)[0];
  if (worst === undefined) return '';
  const percent = (worst.completeMilliPercent / 1000).toFixed(1);
  return html`<p>
    ${say(
      `记录完整度：各设备按自己的计数，至少 ${percent}% 的报文在册（最少的是 ${worst.device}）。`,
      `Completeness: by the devices’ own counters at least ${percent}% of their messages are here (least of ${worst.device}).`,
    )}
  </p>`;
}

function shelfLifeNote({ until, earliestUntil, latestUntil }: ShelfLifeView, language: Language): Html {
  const say = sayIn(language);
  const day = (time: number) => timeTag(time, language, 'date');
  return html`<p>
    ${say('按记录的温度估算，可保鲜至 ', 'Estimated from the recorded temperatures, it keeps until ')}${day(until)}${say(
      '（早则 ',
      ' (at the earliest ',
    )}${day(earliestUntil)}${say('，迟则 ', ', at the latest ')}${day(latestUntil)}${say('）。', ').')}
  </p>`;
}
