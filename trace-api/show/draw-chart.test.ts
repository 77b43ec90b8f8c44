import { describe, expect, test } from 'vitest';
import { drawChart } from './draw-chart.ts';
import { sampleBatch, truckHumidity, truckTemperature } from './fixture/sample-batch.ts';

describe('a chart', () => {
  test('is the same SVG each time, without style, script, class, id or foreign name', () => {
    const first = drawChart('temperature', [truckTemperature()], 'zh');
    expect(drawChart('temperature', [truckTemperature()], 'zh')).toBe(first);
    expect(first).toMatch(/^<svg aria-hidden="true" viewBox="0 0 360 200">.*<\/svg>$/);
    expect(first).not.toMatch(/style|script|class=|id=|href|xmlns|#[0-9a-f]{6}/);
    expect(first.length).toBeLessThan(16 * 1024);
  });

  test('has hours of Shanghai and round numbers on its axes, and its limits in words', () => {
    expect(texts(drawChart('temperature', [truckTemperature()], 'zh'))).toBe(
      '0 2 4 6 8 06:00 12:00 18:00 06:00 12:00 18:00 5/3 5/4 上限 8 °C 下限 0 °C',
    );
    expect(texts(drawChart('humidity', [truckHumidity()], 'en'))).toMatch(/ at most 98 % at least 80 %$/);
  });

  test('breaks where nothing was measured', () => {
    const whole = truckTemperature();
    const broken = { ...whole, points: whole.points.filter((_, i) => i < 100 || i > 130) };
    const strokes = (svg: string) =>
      /d="([^"]*)"[^>]*stroke="var\(--c0\)"/.exec(svg)![1]!.match(/M/g)!.length;
    expect(strokes(drawChart('temperature', [whole], 'zh'))).toBe(1);
    expect(strokes(drawChart('temperature', [broken], 'zh'))).toBe(2);
  });

  test('shows in the colour of trouble what lies outside, and nothing else', () => {
    expect(drawChart('temperature', [truckTemperature('truck-07', 9600)], 'zh')).toContain('var(--bad)');
    expect(drawChart('temperature', [truckTemperature()], 'zh')).not.toContain('var(--bad)');
  });

  test('shades excursions, and says what the shade is in both languages', () => {
    const curve = truckTemperature();
    const from = curve.points[50]!.time;
    const draw = (language: 'zh' | 'en') =>
      drawChart('temperature', [curve], language, [{ from, until: from + 3600_000 }]);
    expect(draw('zh')).toContain('fill="var(--bad)"');
    expect(texts(draw('zh'))).toContain('超出');
    expect(texts(draw('en'))).toContain('outside');
    expect(drawChart('temperature', [curve], 'zh', [])).toBe(drawChart('temperature', [curve], 'zh'));
  });

  test('has a line of its own colour for each device', () => {
    const curves = ['a', 'b', 'c'].map((device) => truckTemperature(device));
    const svg = drawChart('temperature', curves, 'zh');
    expect(['--c0', '--c1', '--c2', '--c3'].map((colour) => svg.includes(colour))).toEqual([
      true,
      true,
      true,
      false,
    ]);
  });

  test('can be of one reading', () => {
    const [curve] = sampleBatch().curves;
    expect(drawChart('temperature', [{ ...curve!, points: curve!.points.slice(0, 1) }], 'zh')).toContain(
      '<svg',
    );
  });
});

function texts(svg: string): string {
  const found = [...svg.matchAll(/<text[^>]*>([^<]*)</g)].map(([, text]) => text!);
  return found.join(' ').replaceAll('\u00a0', ' ');
}
