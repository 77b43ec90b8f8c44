import { type QuantityName, dataDictionary, quantityNames } from '@tianyuan/protocol';

/** What a reader of a batch's page is shown, in figures that need no language. */
export type ReadPage = {
  /** the colour of the verdict: `good`, `warn` or `calm`; undefined where there is none */
  tone: string | undefined;
  /** the lowest and the highest value of a figure, in display units, and how many digits they are shown to */
  spans: Map<QuantityName, { low: number; high: number; digits: number }>;
  /** readings that a figure says it is drawn from */
  chartCounts: number[];
  /** the numbers behind each step of what was checked */
  steps: number[][];
  /** machine-readable times, as they stand in the markup */
  times: Set<string>;
  codes: Set<string>;
  /** paths and addresses that it links to */
  links: Set<string>;
  /** everything that is written, without markup */
  text: string;
};

/** The page taken apart. It is what our own pages are made like, and what cannot be found is simply not shown. Pure. */
export function readPage(html: string): ReadPage {
  const spans: ReadPage['spans'] = new Map();
  const headings = html.matchAll(/<h2>([^<]+)<span class="span">([^<]*)<\/span>/g);
  for (const [, title, span] of headings) {
    const type = quantityCalled(decode(title!).trim());
    const read = readSpan(decode(span!));
    if (type !== undefined && read !== undefined) spans.set(type, read);
  }
  const all = (pattern: RegExp) => [...html.matchAll(pattern)].map(([, found]) => decode(found!).trim());
  return {
    tone: /<section class="verdict ([a-z]+)"/.exec(html)?.[1],
    spans,
    chartCounts: all(/role="img"\s+aria-label="([^"]*)"/g).flatMap(
      // The picture of a genealogy counts nothing.
      (label) => numbersIn(label).slice(0, 1),
    ),
    steps: all(/<span class="count">([^<]*)<\/span>/g).map(numbersIn),
    times: new Set(all(/<time datetime="([^"]*)"/g)),
    codes: new Set(all(/<code>([^<]*)<\/code>/g)),
    links: new Set(all(/\shref="([^"]*)"/g)),
    text: textOf(html),
  };
}

function quantityCalled(title: string): QuantityName | undefined {
  return quantityNames.find((type) => {
    const { zh, en } = dataDictionary[type].name;
    return title === zh || title.toLowerCase() === en.toLowerCase();
  });
}

/** `1.2 – 6.4 °C`, with U+2212 for minus. */
function readSpan(text: string): { low: number; high: number; digits: number } | undefined {
  const [, low, high] = /^([0-9.,]+|-[0-9.,]+) – (-?[0-9.,]+)/.exec(text.replaceAll('\u2212', '-')) ?? [];
  if (low === undefined || high === undefined) return undefined;
  return { low: Number(low), high: Number(high), digits: low.split('.')[1]?.length ?? 0 };
}

/** 5,760 is one number. */
export function numbersIn(text: string): number[] {
  return (text.match(/\d[\d,]*/g) ?? []).map((digits) => Number(digits.replaceAll(',', '')));
}

function textOf(html: string): string {
  const written = html
    .replaceAll(/<(style|script|svg|title|head)\b[^]*?<\/\1>/g, ' ')
    .replaceAll(/<[^>]*>/g, ' ');
  return decode(written).replaceAll(/\s+/g, ' ');
}

const entities: Record<string, string> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  '#39': "'",
  nbsp: '\u00a0',
};

function decode(text: string): string {
  return text.replaceAll(/&(#?\w+);/g, (whole, name: string) => entities[name] ?? whole);
}
