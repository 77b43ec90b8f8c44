import { html, raw } from 'hono/html';
import { sayQuantity } from '../genealogy/amount.ts';
import { drawGenealogy } from '../genealogy/draw-genealogy.ts';
import type { StoryLot, StoryStep, StoryView } from '../story/story-view.ts';
import { type Language, type Say, formatCount, inLanguage, sayIn } from './language.ts';
import type { Html } from './page.ts';
import { timeTag } from './time-tag.ts';
import { verifyLink } from './verify-link.ts';

/** The steps nearest to the batch that a page has room for; a mix of a season's harvests has thousands. */
const mostSteps = 200;

/** Who did what with the batch and with what it was made of, oldest first; each step leads to its proof. */
export function storySection({ steps, genealogy, logId }: StoryView, language: Language): Html | '' {
  if (steps.length === 0) return '';
  const say = sayIn(language);
  return html`<section class="card">
    <h2>${say('它的来路', 'Its way here')}</h2>
    <p class="note calm">
      ${say(
        '以下每一步都由当事人用自己的密钥签名，并记入平台的公开日志。',
        'Each step was signed by whoever did it, with a key of their own, and is in the platform’s public log.',
      )}
    </p>
    <ol class="way">
      ${steps.slice(-mostSteps).map((step) => stepItem(step, logId, language))}
    </ol>
    ${earlierNote(steps.length - mostSteps, language)}
    ${genealogy === null || genealogy.edges.length === 0 ? '' : genealogyFigure(genealogy, language)}
  </section>`;
}

function earlierNote(earlier: number, language: Language): Html | '' {
  if (earlier <= 0) return '';
  const say = sayIn(language);
  return html`<p class="muted">
    ${say(
      `另有较早的 ${formatCount(earlier)} 步，见本页末尾的全部数据。`,
      `${formatCount(earlier)} earlier steps are in all the data, at the end of this page.`,
    )}
  </p>`;
}

function stepItem(step: StoryStep, logId: string, language: Language): Html {
  const say = sayIn(language);
  const { time, words, who, place, from, to, index } = step;
  const way =
    from === null || to === null ? '' : `${inLanguage(from, language)} → ${inLanguage(to, language)}`;
  const where = [place === null ? '' : inLanguage(place, language), way].filter((text) => text !== '');
  return html`<li>
    <h3>${inLanguage(words, language)} <span class="when">${timeTag(time, language)}</span></h3>
    ${where.length === 0 ? '' : html`<p>${where.join(' · ')}</p>`} ${amounts(step.lots, language, say)}
    <p class="by">
      ${say('签名：', 'Signed by ')}${inLanguage(who, language)} · ${verifyLink(logId, index, language)}
    </p>
  </li>`;
}

function amounts(lots: readonly StoryLot[], language: Language, say: Say): Html | '' {
  const said = lots.filter(({ amount }) => amount !== null);
  if (said.length === 0) return '';
  const list = (flow: StoryLot['flow']) =>
    said
      .filter((lot) => lot.flow === flow)
      .map(({ number, amount }) => `${number} ${sayQuantity(amount!, language)}`)
      .join('、');
  const parts = [
    [say('投入 ', 'in: '), list('in')],
    [say('产出 ', 'out: '), list('out')],
    ['', list('with')],
  ].filter(([, text]) => text !== '');
  return html`<p class="amounts">${parts.map(([label, text]) => `${label}${text}`).join(' → ')}</p>`;
}

function genealogyFigure(graph: NonNullable<StoryView['genealogy']>, language: Language): Html {
  const say = sayIn(language);
  return html`<h3>${say('由哪些批次来，又分到哪里去', 'What it was made of, and where the rest went')}</h3>
    <div class="scroll">${raw(drawGenealogy(graph, language))}</div>`;
}
