import { html, raw } from 'hono/html';
import type { BatchView } from '../batches/batch-view.ts';
import { coldChainSection } from './cold-chain-section.ts';
import { anchorSection, checksSection, verifySection } from './consumer-checks.ts';
import { curvesSection } from './consumer-curves.ts';
import { type Judgement, judgeBatch } from './judge-batch.ts';
import { type Language, type Say, amount, formatCount, inLanguage, sayIn } from './language.ts';
import { limitsPath } from './limits-page.ts';
import { liveSection } from './live-section.ts';
import type { Html } from './page.ts';
import { nationalSection } from './national-section.ts';
import { reportsSection } from './reports-section.ts';
import { storySection } from './story-section.ts';
import { timeTag } from './time-tag.ts';

/** How good the news is: `good` is green, `warn` amber, `calm` the colour of paper. */
type Verdict = { tone: 'good' | 'warn' | 'calm'; title: string; detail: string };

/** That a page is of an earlier moment, Unix ms, and where the present one is. */
type Past = { asOf: number; now: string };

/** The page of a batch: what somebody sees who scans the code on a box. `paths` are of this site. */
export function consumerPage(
  batch: BatchView,
  language: Language,
  paths: { qr: string; json: string },
  past?: Past,
): { title: string; description: string; body: Html } {
  const say = sayIn(language);
  const verdict = verdictOf(judgeBatch(batch), language);
  const product = inLanguage(batch.product, language);
  return {
    title: `${product} · ${verdict.title}`,
    description: `${inLanguage(batch.origin, language)} · ${say('批次', 'lot')} ${batch.lot} · ${verdict.detail}`,
    body: html`<main>
      ${past === undefined ? '' : pastNote(past, language)} ${hero(batch, verdict, language)}
      ${facts(batch, language)} ${batch.story === null ? '' : storySection(batch.story, language)}
      ${curvesSection(batch, language)} ${liveSection(batch.live, language)}
      ${batch.story === null ? '' : coldChainSection(batch.story.coldChain, batch.story.logId, language)}
      ${batch.story === null ? '' : reportsSection(batch.story, language)}
      ${batch.story === null ? '' : nationalSection(batch.story.national, language)}
      ${checksSection(batch, language)} ${anchorSection(batch, language)} ${verifySection(batch, language)}
      <footer>
        <p>
          ${say(
            '签名与存证能证明数据自传感器起未被改动；传感器是否放对了位置，仍由生产者负责。',
            'Signature and anchor prove that the data was not changed since the sensor signed it. That the sensor was in the right place is the producer’s word.',
          )}
          <a href="${limitsPath}?lang=${language}"
            >${say('这些数据不能证明什么', 'What this does not prove')}</a
          >
        </p>
        <p>
          ${say(
            '时间均为北京时间（UTC+8）。本页不设 Cookie，不运行脚本。',
            'Times are China Standard Time (UTC+8). This page sets no cookie and runs no script.',
          )}
        </p>
        <p>
          <a href="${paths.qr}">${say('本批次二维码', 'QR code of this batch')}</a>
          <a href="${paths.json}">${say('全部数据（JSON）', 'All data (JSON)')}</a>
        </p>
      </footer>
    </main>`,
  };
}

function pastNote({ asOf, now }: Past, language: Language): Html {
  const say = sayIn(language);
  return html`<p class="note" role="note">
    ${say('这是当时的记录：', 'As it stood on ')}${timeTag(asOf, language)}${say('。', '. ')}<a href="${now}"
      >${say('查看现在的记录', 'See it as it stands now')}</a
    >
  </p>`;
}

function hero(batch: BatchView, verdict: Verdict, language: Language): Html {
  return html`<div class="hero">
      <h1>${inLanguage(batch.product, language)}</h1>
      <p class="from">${inLanguage(batch.origin, language)}</p>
      ${raw(field)}
    </div>
    <section class="verdict ${verdict.tone}" aria-labelledby="verdict">
      ${raw(seals[verdict.tone])}
      <div>
        <h2 id="verdict">${verdict.title}</h2>
        <p>${verdict.detail}</p>
        ${chainPill(batch, sayIn(language))}
      </div>
    </section>`;
}

function chainPill({ anchor, messages }: BatchView, say: Say): Html {
  const isFinal = anchor?.state === 'final' && messages.final === messages.mirrored;
  if (isFinal)
    return html`<p class="pill">${say('已全部存上区块链，不可撤销', 'All of it on the chain, for good')}</p>`;
  if (anchor !== null)
    return html`<p class="pill">
      ${say('已存上区块链，仍有新数据在途', 'On the chain; newer data is on its way')}
    </p>`;
  return html`<p class="pill">${say('尚未存上区块链', 'Not on the chain yet')}</p>`;
}

function facts({ gtin, lot, harvestedAt, period }: BatchView, language: Language): Html {
  const say = sayIn(language);
  const row = (term: string, value: Html | string) =>
    html`<div>
      <dt>${term}</dt>
      <dd>${value}</dd>
    </div>`;
  return html`<dl class="card facts">
    ${harvestedAt === null ? '' : row(say('采收', 'Harvested'), timeTag(harvestedAt, language, 'date'))}
    ${row(say('批次', 'Lot'), lot)} ${gtin === '' ? '' : row(say('商品条码', 'GTIN'), printedGtin(gtin))}
    ${
      period === null
        ? ''
        : row(
            say('测量时间', 'Measured'),
            html`${timeTag(period.from, language)}${say(' 至 ', ' to ')}${timeTag(period.to, language)}`,
          )
    }
  </dl>`;
}

/** As under the bars on the package: a GTIN-8, -12 or -13 without the zeros that make it 14 digits. */
function printedGtin(gtin: string): string {
  return gtin.replace(/^0{6}(?=\d{8}$)|^0{1,2}/, '');
}

function verdictOf(judgement: Judgement, language: Language): Verdict {
  const say = sayIn(language);
  switch (judgement.kind) {
    case 'not for sale':
      return {
        tone: 'warn',
        title: inLanguage(notForSale[judgement.status].title, language),
        detail: [...judgement.reasons, notForSale[judgement.status].advice]
          .map((text) => inLanguage(text, language))
          .join(say('。', '. ')),
      };
    case 'contradicted': {
      const origins = judgement.origins.join('、');
      return {
        tone: 'warn',
        title: say('记录自相矛盾，请勿采信', 'The records contradict themselves'),
        detail: say(
          `网关 ${origins} 签署过两份互相矛盾的历史。两份签名都已留存为证据，本批数据不可采信。`,
          `Gateway ${origins} signed two histories that exclude each other. Both signatures are kept as evidence; do not rely on this batch’s data.`,
        ),
      };
    }
    case 'no readings':
      return {
        tone: 'calm',
        title: say('还没有读数', 'No readings yet'),
        detail: say(
          '这批货已登记，传感器的数据还没有到。',
          'This batch is registered; nothing has come from its sensors yet.',
        ),
      };
    case 'no limits':
      return {
        tone: 'calm',
        title: say('全程有记录', 'Recorded on its way'),
        detail: say(
          `${formatCount(judgement.count)} 个读数。这批货没有约定温湿度范围，请看下面的曲线。`,
          `${amount(judgement.count, 'reading')}. No limits were agreed for this batch; see the curves below.`,
        ),
      };
    case 'within':
      return {
        tone: 'good',
        title: titleWithin(judgement, say),
        detail:
          say(
            `${formatCount(judgement.count)} 个读数，全部在约定范围内。`,
            `${amount(judgement.count, 'reading')}, every one within the agreed limits. `,
          ) +
          (judgement.gaps === 0
            ? ''
            : say(
                `另有 ${judgement.gaps} 段时间没有读数。`,
                `There are ${amount(judgement.gaps, 'gap')} without any.`,
              )),
      };
    case 'excursions': {
      const { excursions } = judgement;
      return {
        tone: 'warn',
        title: say(`途中有 ${excursions} 次温湿度超限`, `${amount(excursions, 'excursion')} on the way`),
        detail: say(
          '按这类产品的冷链规则判定。何时、多久、多少度，见下面“冷链”一栏，每次都可自行核验。',
          'By the cold chain rules for this product. When, for how long and how far is under “Cold chain” below; each can be verified.',
        ),
      };
    }
    case 'outside':
      return {
        tone: 'warn',
        title: say(
          `${formatCount(judgement.outside)} 个读数超出约定范围`,
          `${amount(judgement.outside, 'reading')} outside the agreed limits`,
        ),
        detail: say(
          `共 ${formatCount(judgement.count)} 个读数。何时超出、超出多少，见下面曲线的红色部分。`,
          `Of ${formatCount(judgement.count)} in all. When and by how much is red in the curves below.`,
        ),
      };
  }
}

const notForSale = {
  recalled: {
    title: { zh: '已召回，请勿食用', en: 'Recalled: do not eat' },
    advice: {
      zh: '请停止食用，保留包装，凭本页向购买处退货',
      en: 'Stop eating it, keep the package, and take it back to where you bought it with this page',
    },
  },
  on_hold: {
    title: { zh: '暂停销售，等待核查', en: 'Held from sale, being looked into' },
    advice: { zh: '核查结束前请先不要食用', en: 'Better do not eat it before that is over' },
  },
  expired: {
    title: { zh: '已过保质期', en: 'Past its last day' },
    advice: { zh: '请不要再购买或食用', en: 'Do not buy or eat it any more' },
  },
} as const;

/** "All the way" is only said where there is a reading for all of the way. */
function titleWithin({ cold, gaps }: { cold: boolean; gaps: number }, say: Say): string {
  if (gaps > 0) return say('测到的读数均未超标', 'Every reading within limits');
  return cold
    ? say('全程低温，未超标', 'Kept cold all the way')
    : say('全程未超标', 'Within limits all the way');
}

const seal = (path: string) =>
  `<svg class="seal" viewBox="0 0 48 48" aria-hidden="true"><circle cx="24" cy="24" r="22" fill="currentColor" opacity=".16"/><path d="${path}" fill="none" stroke="currentColor" stroke-width="4.5" stroke-linecap="round" stroke-linejoin="round"/></svg>`;

const seals = {
  good: seal('M14 25l7 7 14-15'),
  warn: seal('M24 13v14M24 34v.1'),
  calm: seal('M15 24h.1M24 24h.1M33 24h.1'),
} as const;

/** A field in terraces, and the sun over it. */
const field =
  '<svg class="field" viewBox="0 0 400 150" preserveAspectRatio="xMidYMax slice" aria-hidden="true"><circle cx="292" cy="30" r="19"/><path d="M0 88C60 58 130 56 210 78S340 92 400 66V150H0z"/><path d="M0 108C90 82 170 88 240 100S350 106 400 92V150H0z"/><path d="M0 128C100 108 180 116 250 124S360 126 400 116V150H0z"/></svg>';
