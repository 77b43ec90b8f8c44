import { html } from 'hono/html';
import type { NationalView } from '../national/read-national.ts';
import { stateWords } from '../national/state-words.ts';
import { type Language, inLanguage, sayIn } from './language.ts';
import type { Html } from './page.ts';
import { timeTag } from './time-tag.ts';

/** What 溯源中国 says of the batch, and whether that is its word of now or a copy. */
export function nationalSection(national: NationalView, language: Language): Html | '' {
  const { state, traceCode, record, verifiedAt, ageMs, changes } = national;
  if (traceCode === null) return '';
  const say = sayIn(language);
  const tone = { live: 'good', cached: 'warn', none: 'calm', refused: 'bad' }[state];
  const age = ageMs === null ? '' : say(`，已有 ${sayAge(ageMs, say)}`, `, ${sayAge(ageMs, say)} old`);
  return html`<section class="card" data-national="${state}">
    <h2>${say('溯源中国', 'National traceability platform')}</h2>
    <p class="note ${tone}">
      <b>${inLanguage(stateWords[state], language)}</b>${state === 'cached' ? age : ''}${
        verifiedAt === null
          ? ''
          : html` · ${say('验签于 ', 'signature checked ')}${timeTag(verifiedAt, language)}`
      }
    </p>
    <dl class="facts">
      ${row(say('追溯码', 'Trace code'), traceCode)}
      ${record?.productName === undefined ? '' : row(say('产品', 'Product'), record.productName)}
      ${record?.producer?.name === undefined ? '' : row(say('生产主体', 'Producer'), record.producer.name)}
      ${(record?.inspections ?? []).map(({ agency, result, date }) => {
        const verdict =
          result === 'pass' ? say('合格', 'passed') : result === 'fail' ? say('不合格', 'failed') : '';
        return row(say('检验', 'Inspection'), [agency, verdict, date].filter(Boolean).join(' · '));
      })}
    </dl>
    ${
      changes.length === 0
        ? ''
        : html`<p class="note warn">
            ${say(
              `平台的记录改过 ${changes.length} 次，每一版的哈希都已留存。`,
              `The platform’s record has changed ${changes.length} times; the hash of every version is kept.`,
            )}
          </p>`
    }
  </section>`;
}

const row = (term: string, value: string): Html =>
  html`<div>
    <dt>${term}</dt>
    <dd>${value}</dd>
  </div>`;

function sayAge(ageMs: number, say: (zh: string, en: string) => string): string {
  const minutes = Math.max(1, Math.round(ageMs / 60_000));
  if (minutes < 120) return say(`${minutes} 分钟`, `${minutes} min`);
  const hours = Math.round(minutes / 60);
  return hours < 48
    ? say(`${hours} 小时`, `${hours} h`)
    : say(`${Math.round(hours / 24)} 天`, `${Math.round(hours / 24)} days`);
}
