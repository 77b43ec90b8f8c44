import { type LineSeriesOption, LineChart } from 'echarts/charts';
import { GridComponent, MarkAreaComponent, MarkLineComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { type QuantityName, dataDictionary } from '@tianyuan/protocol';
import type { Curve, CurvePoint } from '../batches/batch-view.ts';
import { chartColours as colours, cleanSvg } from './chart-svg.ts';
import { formatLimit, formatNumber } from './format-quantity.ts';
import { findGaps } from './judge-batch.ts';
import { type Language, sayIn } from './language.ts';
import { type ChartExcursion, shadesOf } from './shade-excursions.ts';

use([LineChart, GridComponent, MarkLineComponent, MarkAreaComponent, SVGRenderer]);

/** About a phone's column in CSS pixels, so that 12 px letters stay 12 px where most readers are. */
const width = 360;
const height = 200;

/** China Standard Time, without summer time since 1991: the axis is drawn in UTC, of shifted times. */
const shanghaiOffsetMs = 8 * 3600_000;

/** Which of the six colours the i-th line of a quantity has: no two quantities look alike. */
export function colourIndex(type: QuantityName, i: number): number {
  return (dataDictionary[type].number - 1 + i) % colours.series.length;
}

/** More lines than this in one chart are a tangle; see {@link drawChart}. */
export const mostSeries = colours.series.length;

type Value = number | null;
type Row = [time: number, value: Value];

/**
 * The curves of one quantity, at most {@link mostSeries}, as an SVG element: one line for each device, its band of
 * extremes where there are at most two, the limits, and in the limits' colour whatever lies outside them. Excursions are
 * shaded over the whole height, to the last reading where they last. Lines break where nothing was measured. Holds no inline style and no script; deterministic.
 */
export function drawChart(
  type: QuantityName,
  curves: readonly Curve[],
  language: Language,
  excursions: readonly ChartExcursion[] = [],
): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height });
  try {
    const limits = curves.find((curve) => curve.limits !== null)?.limits ?? null;
    const lines = curves.map((curve) => withGaps(curve));
    chart.setOption({
      animation: false,
      useUTC: true,
      grid: { left: 38, right: 8, top: 20, bottom: 24 },
      xAxis: {
        type: 'time',
        axisLine: { lineStyle: { color: colours.grid } },
        axisTick: { show: false },
        splitNumber: 4,
        axisLabel: {
          color: colours.label,
          hideOverlap: true,
          formatter: {
            year: '{yyyy}',
            month: '{M}/{d}',
            day: '{M}/{d}',
            hour: '{HH}:{mm}',
            minute: '{HH}:{mm}',
          },
        },
      },
      yAxis: {
        type: 'value',
        ...valueRange(type, curves, limits),
        splitLine: { lineStyle: { color: colours.grid } },
        axisLabel: { color: colours.label, formatter: (value: number) => axisNumber(type, value) },
      },
      series: [
        ...excursionAreas(curves, excursions, language),
        ...(lines.length <= 2 ? lines.flatMap((line, i) => band(type, line, i)) : []),
        ...lines.map((line, i) => meanLine(type, line, i)),
        ...(limits === null ? [] : [limitMarks(type, limits, language)]),
        ...(limits === null ? [] : lines.map((line) => outsideLine(type, line, limits))),
      ],
    });
    return cleanSvg(chart.renderToSVGString());
  } finally {
    chart.dispose();
  }
}

const base = { type: 'line', symbol: 'none', silent: true } as const;

function meanLine(type: QuantityName, line: (CurvePoint | null)[], i: number): LineSeriesOption {
  const lineStyle = {
    color: colours.series[colourIndex(type, i)]!,
    width: 2,
    cap: 'round',
    join: 'round',
  } as const;
  return { ...base, data: rows(type, line, (point) => point.mean), lineStyle };
}

/** Two stacked series, the lower one invisible: everything between the extremes. */
function band(type: QuantityName, line: (CurvePoint | null)[], i: number): LineSeriesOption[] {
  const stacked = { ...base, stack: `band ${i}`, stackStrategy: 'all', lineStyle: { opacity: 0 } } as const;
  return [
    { ...stacked, data: rows(type, line, (point) => point.min) },
    {
      ...stacked,
      data: rows(type, line, (point) => point.max - point.min),
      areaStyle: { color: colours.series[colourIndex(type, i)]!, opacity: 0.2 },
    },
  ];
}

/** The first says what the shade is. */
function excursionAreas(
  curves: readonly Curve[],
  excursions: readonly ChartExcursion[],
  language: Language,
): LineSeriesOption[] {
  const times = curves.flatMap(({ points }) => points.map(({ time }) => time));
  const areas = shadesOf(excursions, { from: Math.min(...times), until: Math.max(...times) }, width);
  if (areas.length === 0) return [];
  const name = sayIn(language)('超出', 'outside');
  return [
    {
      ...base,
      data: [],
      markArea: {
        silent: true,
        itemStyle: { color: colours.outside, opacity: 0.14 },
        label: { color: colours.label, position: 'insideTop', distance: 2 },
        data: areas.map(({ from, until }, i) => [
          { xAxis: from + shanghaiOffsetMs, ...(i === 0 && { name }) },
          { xAxis: until + shanghaiOffsetMs },
        ]),
      },
    },
  ];
}

function limitMarks(
  type: QuantityName,
  { min, max }: NonNullable<Curve['limits']>,
  language: Language,
): LineSeriesOption {
  const say = sayIn(language);
  const line = (limit: number, words: string) => ({
    yAxis: toUnit(type, limit),
    label: {
      formatter: `${words} ${formatLimit(type, limit)}`,
      position: 'insideEndTop' as const,
      color: colours.label,
      distance: 3,
    },
  });
  return {
    ...base,
    data: [],
    markLine: {
      symbol: 'none',
      lineStyle: { color: colours.allowed, type: 'dashed', width: 1 },
      data: [
        ...(max === null ? [] : [line(max, say('上限', 'at most'))]),
        ...(min === null ? [] : [line(min, say('下限', 'at least'))]),
      ],
    },
    ...(min !== null &&
      max !== null && {
        markArea: {
          itemStyle: { color: colours.allowed, borderColor: colours.allowed, opacity: 0.07 },
          data: [[{ yAxis: toUnit(type, min) }, { yAxis: toUnit(type, max) }]],
        },
      }),
  };
}

/** The extremes that lie outside, joined to their neighbours so that a single one shows as a spike. */
function outsideLine(
  type: QuantityName,
  line: (CurvePoint | null)[],
  limits: NonNullable<Curve['limits']>,
): LineSeriesOption {
  const extreme = (point: CurvePoint | null | undefined) => (point ? valueOutside(point, limits) : undefined);
  const data = line.flatMap((point, i): Row[] => {
    if (point === null) return [];
    const value = extreme(point);
    const touches = extreme(line[i - 1]) !== undefined || extreme(line[i + 1]) !== undefined;
    return [[point.time + shanghaiOffsetMs, toUnit(type, value ?? (touches ? point.mean : null))]];
  });
  const isInside = data.every(([, value]) => value === null);
  return {
    ...base,
    data: isInside ? [] : data,
    lineStyle: { color: colours.outside, width: 2.5, cap: 'round' },
  };
}

function valueOutside(point: CurvePoint, { min, max }: NonNullable<Curve['limits']>): number | undefined {
  if (max !== null && point.max > max) return point.max;
  return min !== null && point.min < min ? point.min : undefined;
}

function withGaps(curve: Curve): (CurvePoint | null)[] {
  const gaps = new Set(findGaps(curve));
  return curve.points.flatMap((point, i) => (gaps.has(i) ? [point, null] : [point]));
}

function rows(type: QuantityName, line: (CurvePoint | null)[], of: (point: CurvePoint) => number): Row[] {
  let time = 0;
  return line.map((point) => {
    // A hole needs a time of its own; the millisecond after its left edge will do.
    time = point === null ? time + 1 : point.time + shanghaiOffsetMs;
    return [time, toUnit(type, point === null ? null : of(point))];
  });
}

/** Round numbers from below the lowest to above the highest that is measured or allowed, in four or five steps. */
function valueRange(
  type: QuantityName,
  curves: readonly Curve[],
  limits: Curve['limits'],
): { min: number; max: number; interval: number } {
  const lows = curves.flatMap(({ points }) => points.map((point) => point.min));
  const highs = curves.flatMap(({ points }) => points.map((point) => point.max));
  const low = toUnit(type, Math.min(...lows, limits?.min ?? Infinity));
  const high = toUnit(type, Math.max(...highs, limits?.max ?? -Infinity));
  const interval = roundStep((high - low) / 4.5);
  return { min: Math.floor(low / interval) * interval, max: Math.ceil(high / interval) * interval, interval };
}

/** The smallest of 1, 2 and 5 times a power of ten that is not below `step`; half a unit at least. */
function roundStep(step: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(step, 0.5)));
  return [1, 2, 5, 10].map((digit) => digit * power).find((round) => round >= Math.max(step, 0.5))!;
}

function axisNumber(type: QuantityName, value: number): string {
  const scaled = value * dataDictionary[type].scale;
  return formatNumber(type, scaled, Number.isInteger(value) ? 0 : 1);
}

function toUnit(type: QuantityName, scaled: number): number;
function toUnit(type: QuantityName, scaled: Value): Value;
function toUnit(type: QuantityName, scaled: Value): Value {
  return scaled === null ? null : scaled / dataDictionary[type].scale;
}
