import { Graph, layout } from '@dagrejs/dagre';
import { inLanguage, type Language } from '../show/language.ts';
import { sayQuantity } from './amount.ts';
import { stepWords } from './biz-step.ts';
import type { GenealogyGraph, LotEdge, LotNode } from './genealogy-graph.ts';

// CSS pixels; letters have 12, about 7 wide, and a Chinese one 12.
const node = { width: 132, height: 50 };
const gaps = { nodesep: 16, ranksep: 40, marginx: 4, marginy: 4 };

/** A picture of more lots than this cannot be read; the nearest are drawn, and the list beside it has them all. */
export const mostDrawn = 60;

/**
 * The lots in layers, those that went in above those that came out, as an SVG element. Without inline style or script;
 * the page's sheet has the colours. Deterministic.
 */
export function drawGenealogy(graph: GenealogyGraph, language: Language): string {
  const drawn = nearest(graph);
  const plan = new Graph();
  plan.setGraph({ rankdir: 'TB', ...gaps });
  plan.setDefaultEdgeLabel(() => ({}));
  for (const { lot } of drawn.nodes) plan.setNode(lot, { ...node });
  for (const { from, to } of drawn.edges) plan.setEdge(from, to);
  layout(plan);
  const { width = 0, height = 0 } = plan.graph();
  const edges = drawn.edges.map((edge) => drawEdge(plan, edge, language)).join('');
  const nodes = drawn.nodes.map((one) => drawNode(plan, one, language)).join('');
  const size = `width="${round(width)}" height="${round(height)}" viewBox="0 0 ${round(width)} ${round(height)}"`;
  const title = language === 'zh' ? '批次谱系' : 'genealogy of the batch';
  return `<svg class="genealogy" role="img" aria-label="${title}" ${size}>${edges}${nodes}</svg>`;
}

/** One line between two lots, however many events it stands for. */
function nearest({ nodes, edges }: GenealogyGraph): GenealogyGraph {
  const near = new Set(nodes.filter(({ isSubject }) => isSubject).map(({ lot }) => lot));
  for (let grown = true; grown && near.size < mostDrawn;) {
    grown = false;
    for (const { from, to } of edges) {
      if (near.has(from) === near.has(to) || near.size >= mostDrawn) continue;
      near.add(near.has(from) ? to : from);
      grown = true;
    }
  }
  const lines = edges.filter(({ from, to }) => near.has(from) && near.has(to));
  const byEnds = Map.groupBy(lines, ({ from, to }) => `${from} ${to}`);
  return {
    nodes: nodes.filter(({ lot }) => near.has(lot)),
    edges: [...byEnds.values()].map((all) => all.reduce(joined)),
  };
}

const joined = (a: LotEdge, b: LotEdge): LotEdge => ({
  ...a,
  used: { ...a.used, quantity: a.used.quantity + b.used.quantity },
});

function drawNode(
  plan: Graph,
  { lot, number, product, produced, isSubject }: LotNode,
  language: Language,
): string {
  const { x, y } = plan.node(lot);
  const left = round(x - node.width / 2);
  const top = round(y - node.height / 2);
  const lines = [
    number,
    ...(product === null ? [] : [shorten(inLanguage(product, language))]),
    ...(produced === null ? [] : [sayQuantity(produced, language)]),
  ];
  const text = lines
    .map(
      (line, i) =>
        `<text x="${round(x)}" y="${top + 14 + i * 14}" text-anchor="middle">${escape(line)}</text>`,
    )
    .join('');
  const kind = isSubject ? 'lot subject' : 'lot';
  const box = `<rect x="${left}" y="${top}" width="${node.width}" height="${node.height}" rx="6"/>`;
  return `<g class="${kind}">${box}${text}</g>`;
}

function drawEdge(plan: Graph, { from, to, used, step }: LotEdge, language: Language): string {
  const { points } = plan.edge(from, to);
  const path = points.map(({ x, y }, i) => `${i === 0 ? 'M' : 'L'}${round(x)} ${round(y)}`).join('');
  const word = step === null ? '' : `${stepWords(step)[language]} `;
  return `<path class="flow" d="${path}"><title>${escape(word + sayQuantity(used, language))}</title></path>`;
}

const round = (value: number): number => Math.round(value * 10) / 10;

/** As many letters as a box is wide; a Chinese one takes two. */
function shorten(text: string): string {
  const most = 17;
  let taken = 0;
  let end = 0;
  for (const letter of text) {
    taken += letter.charCodeAt(0) > 0x2e7f ? 2 : 1;
    if (taken > most) return `${text.slice(0, end)}…`;
    end += letter.length;
  }
  return text;
}

const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escape = (text: string): string => text.replace(/[&<>"]/g, (letter) => escapes[letter]!);
