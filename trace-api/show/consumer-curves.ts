import { html, raw } from 'hono/html';
import { type QuantityName, dataDictionary } from '@tianyuan/protocol';
import type { BatchView, Curve, CurvePoint } from '../batches/batch-view.ts';
import { calibrationNote } from './calibration-note.ts';
import { colourIndex, drawChart, mostSeries } from './draw-chart.ts';
import { excursionNote } from './excursion-note.ts';
import { formatLimit, formatSpan, formatValue, quantityTitle } from './format-quantity.ts';
import { findGaps, hasLimits } from './judge-batch.ts';
import { type Language, type Say, amount, formatCount, sayIn } from './language.ts';
import type { Html } from './page.ts';
import { thinCurve } from './thin-curve.ts';
import { timeTag } from './time-tag.ts';

/** All points on a page, near 40 bytes of SVG each, so that it stays under 60 KB however many devices there are. */
const pointBudget = 600;
const fewestPoints = 24;

/** What a consumer wants drawn. A door is no curve, a battery no news, and a position is not published. */
const isShown = (type: QuantityName) => type !== 'door' && type !== 'battery' && type !== 'gps';

export function curvesSection({ curves, calibrations, excursions }: BatchView, language: Language): Html {
  const say = sayIn(language);
  const shown = curves.filter(({ type, points }) => isShown(type) && points.length > 0);
  if (shown.length === 0) {
    return html`<section class="card">
      <h2>${say('温度与湿度', 'Temperature and humidity')}</h2>
      <p class="muted">
        ${say('没有可画的曲线：还没有收到这批货的读数。', 'No curve to draw: no reading of this batch has come in yet.')}
      </p>
    </section>`;
  }
  const quantities = [...Map.groupBy(shown, ({ type }) => type)].toSorted(
    ([a], [b]) => dataDictionary[a].number - dataDictionary[b].number,
  );
  const lines = quantities.reduce((total, [, alike]) => total + Math.min(alike.length, mostSeries), 0);
  const mostPoints = Math.max(fewestPoints, Math.floor(pointBudget / lines));
  return html`${quantities.map(([type, alike]) =>
    figure(
      type,
      alike,
      { calibrations, excursions: excursions.filter((one) => one.type === type) },
      mostPoints,
      language,
    ),
  )}`;
}

function figure(
  type: QuantityName,
  curves: Curve[],
  { calibrations, excursions }: Pick<BatchView, 'calibrations' | 'excursions'>,
  mostPoints: number,
  language: Language,
): Html {
  const say = sayIn(language);
  const drawn = curves
    .toSorted((a, b) => b.outside - a.outside || b.count - a.count)
    .slice(0, mostSeries)
    .map((curve) => ({ ...curve, points: thinCurve(curve.points, mostPoints) }));
  const low = Math.min(...curves.map(({ points }) => Math.min(...points.map((point) => point.min))));
  const high = Math.max(...curves.map(({ points }) => Math.max(...points.map((point) => point.max))));
  const count = curves.reduce((total, curve) => total + curve.count, 0);
  const span = formatSpan(type, low, high);
  return html`<section class="card">
    <h2>${quantityTitle(type, language)}<span class="span">${span}</span></h2>
    <div
      class="chart"
      role="img"
      aria-label="${say(`${formatCount(count)} 个读数的曲线，${span}`, `Curve of ${amount(count, 'reading')}, ${span}`)}"
    >
      ${raw(drawChart(type, drawn, language, excursions))}
    </div>
    ${curves.length > 1 ? legend(drawn, curves.length - drawn.length, say) : ''}
    ${limitNote(curves, language)} ${excursionNote(excursions, language)}
    ${calibrationNote(calibrations, type, language)}
    ${
      curves.some((curve) => findGaps(curve).length > 0)
        ? html`<p class="muted">
            ${say('曲线断开处没有读数。', 'Where the line breaks there are no readings.')}
          </p>`
        : ''
    }
  </section>`;
}

function legend(drawn: Curve[], rest: number, say: Say): Html {
  return html`<ul class="legend">
    ${drawn.map(({ type, device }, i) => html`<li class="c${colourIndex(type, i)}">${device}</li>`)}
    ${
      rest === 0
        ? ''
        : html`<li>
            ${say(`另有 ${rest} 台设备未画出，已计入结论`, `${amount(rest, 'more device')}, not drawn but counted`)}
          </li>`
    }
  </ul>`;
}

function limitNote(curves: Curve[], language: Language): Html {
  const say = sayIn(language);
  const limited = curves.filter(hasLimits);
  const [first] = limited;
  if (first === undefined)
    return html`<p class="muted">${say('没有约定范围。', 'No limits were agreed.')}</p>`;
  const agreed = say(`约定 ${rangeWords(first, say)}。`, `Agreed: ${rangeWords(first, say)}. `);
  const outside = limited.reduce((total, curve) => total + curve.outside, 0);
  if (outside === 0) return html`<p class="note good">${agreed}${say('没有超出。', 'Never outside.')}</p>`;
  const worst = worstPoint(limited);
  return html`<p class="note warn">
    ${agreed}${say(`${formatCount(outside)} 个读数超出`, `${amount(outside, 'reading')} outside`)}${
      worst === undefined
        ? ''
        : html`${say('，最多到 ', ', as far as ')}${formatValue(first.type, worst.value)}${say('，', ', ')}${timeTag(
            worst.time,
            language,
          )}`
    }${say('。', '.')}
  </p>`;
}

function rangeWords(
  { type, limits: { min, max } }: Curve & { limits: NonNullable<Curve['limits']> },
  say: Say,
): string {
  if (min === null) return say(`不高于 ${formatLimit(type, max!)}`, `at most ${formatLimit(type, max!)}`);
  if (max === null) return say(`不低于 ${formatLimit(type, min)}`, `at least ${formatLimit(type, min)}`);
  return say(
    `${formatLimit(type, min)} 至 ${formatLimit(type, max)}`,
    `${formatLimit(type, min)} to ${formatLimit(type, max)}`,
  );
}

/** The reading that is furthest outside, and its bucket's time. */
function worstPoint(
  curves: readonly (Curve & { limits: NonNullable<Curve['limits']> })[],
): { time: number; value: number } | undefined {
  const candidates = curves.flatMap(({ points, limits }) =>
    points.flatMap((point) => excessesOf(point, limits)),
  );
  return candidates.toSorted((a, b) => b.excess - a.excess)[0];
}

function excessesOf(
  { time, min, max }: CurvePoint,
  limits: NonNullable<Curve['limits']>,
): { time: number; value: number; excess: number }[] {
  return [
    ...(limits.max !== null && max > limits.max ? [{ time, value: max, excess: max - limits.max }] : []),
    ...(limits.min !== null && min < limits.min ? [{ time, value: min, excess: limits.min - min }] : []),
  ];
}
