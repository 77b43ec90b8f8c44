import { describe, expect, test } from 'vitest';
import { drawGenealogy, mostDrawn } from './draw-genealogy.ts';
import { lot } from './fixture/events.ts';
import type { GenealogyGraph, LotEdge, LotNode } from './genealogy-graph.ts';

const node = (number: string, more: Partial<LotNode> = {}): LotNode => ({
  lot: lot(number),
  gtin: '06901234567892',
  number,
  batchId: null,
  product: null,
  produced: { quantity: 12_500, uom: 'GRM' },
  isSubject: false,
  ...more,
});
const edge = (from: string, to: string, index = 1): LotEdge => ({
  from: lot(from),
  to: lot(to),
  used: { quantity: 500, uom: 'GRM' },
  made: { quantity: 900, uom: 'GRM' },
  step: 'urn:tianyuan:bizstep:mixing',
  index,
});

const mix: GenealogyGraph = {
  nodes: [
    node('M', { isSubject: true, product: { zh: '赣南脐橙 <特级> 与其余很长的名字', en: 'navel oranges' } }),
    node('A'),
    node('B'),
    node('S'),
  ],
  edges: [edge('A', 'M'), edge('A', 'M', 2), edge('B', 'M'), edge('M', 'S')],
};

/** Where each lot's box is, by the first line in it. */
const boxes = (svg: string) =>
  new Map(
    [...svg.matchAll(/<rect x="([\d.]+)" y="([\d.]+)"[^>]*\/><text[^>]*>([^<]*)</g)].map(([, x, y, name]) => [
      name!,
      { x: Number(x), y: Number(y) },
    ]),
  );

describe('the picture of a genealogy', () => {
  test('has what went in above what came out, side by side, and one line for several events', () => {
    const svg = drawGenealogy(mix, 'zh');
    const at = boxes(svg);
    expect(at.get('A')!.y).toBe(at.get('B')!.y);
    expect(at.get('A')!.x).not.toBe(at.get('B')!.x);
    expect(at.get('A')!.y).toBeLessThan(at.get('M')!.y);
    expect(at.get('M')!.y).toBeLessThan(at.get('S')!.y);
    expect(svg.match(/class="flow"/g)).toHaveLength(3);
    expect(svg).toContain('<title>混批 1 kg</title>');
    expect(svg).toContain('class="lot subject"');
  });

  test('is in the language of the reader, escaped, cut to its box, and the same each time', () => {
    expect(drawGenealogy(mix, 'en')).toContain('>navel oranges<');
    const svg = drawGenealogy(mix, 'zh');
    expect(svg).toContain('&lt;');
    expect(svg).toContain('…<');
    expect(svg).not.toMatch(/style=|<script/);
    expect(drawGenealogy(mix, 'zh')).toBe(svg);
  });

  test('draws the nearest of very many', () => {
    const names = Array.from({ length: 200 }, (_, i) => `L${i}`);
    const graph = {
      nodes: [node('M', { isSubject: true }), ...names.map((name) => node(name))],
      edges: names.map((name, i) => edge(name, i === 0 ? 'M' : names[i - 1]!)),
    };
    const drawn = [...boxes(drawGenealogy(graph, 'en')).keys()];
    expect(drawn).toHaveLength(mostDrawn);
    expect(drawn).toContain('L0');
  });

  test('of one lot is its box', () => {
    expect(boxes(drawGenealogy({ nodes: [node('M', { isSubject: true })], edges: [] }, 'zh')).size).toBe(1);
  });
});
