import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

const css = readFileSync(new URL('page.css', import.meta.url), 'utf8');
const [, light = '', dark = ''] = /:root \{([^}]*)\}\s*@media[^{]*dark[^{]*\{\s*:root \{([^}]*)\}/.exec(css)!;

test('the sheet is under 10 KB', () => {
  expect(css.length).toBeLessThan(10 * 1024);
});

describe.each([
  ['by day', light],
  ['by night', dark],
])('contrast %s', (_, block) => {
  const colours = new Map(
    [...block.matchAll(/--([\w-]+): (#\w{6})/g)].map(([, name, value]) => [name!, value!]),
  );
  const contrast = (a: string, b: string) => {
    const [x, y] = [luminance(colours.get(a)!), luminance(colours.get(b)!)];
    return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
  };

  // WCAG 2.2 success criterion 1.4.3, level AA
  test.each([
    ...['paper', 'card', 'sky', 'sun', 'field'].map((ground) => ['ink', ground] as const),
    ...['paper', 'card', 'line'].map((ground) => ['muted', ground] as const),
    ...['good', 'warn', 'bad'].map((tone) => [tone, `${tone}-soft`] as const),
    ...['good', 'warn', 'bad'].map((tone) => ['on-tone', tone] as const),
    ['good', 'card'],
    ['good', 'paper'],
    ['warn', 'card'],
    ['bad', 'card'],
  ] as const)('letters in %s on %s', (ink, ground) => {
    expect(contrast(ink, ground)).toBeGreaterThanOrEqual(4.5);
  });

  // 1.4.11: what a reader must tell apart without letters
  test.each(['c0', 'c1', 'c2', 'c3', 'c4', 'c5', 'bad'])('a line in %s on the card', (line) => {
    expect(contrast(line, 'card')).toBeGreaterThanOrEqual(3);
  });
});

/** WCAG's relative luminance of an sRGB colour. */
function luminance(hex: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const channel = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
}
