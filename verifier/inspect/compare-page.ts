import { dataDictionary } from '@tianyuan/protocol';
import type { Curve, View } from './answers.ts';
import type { Miss } from './miss.ts';
import { type ReadPage, numbersIn } from './read-page.ts';

/** Decimals below which a page would hide what was measured. */
const fewestDigits: Partial<Record<Curve['type'], number>> = { temperature: 1, soil_pH: 1 };

const isDrawn = ({ type, points }: Curve) =>
  points.length > 0 && type !== 'door' && type !== 'battery' && type !== 'gps';

/** Where a page shows something else than the view, which the proofs are compared with. Pure. */
export function comparePage(page: ReadPage, view: View, language: 'zh' | 'en'): Miss[] {
  const wrong = [
    ...compareNames(page, view, language),
    ...compareFigures(page, view),
    ...compareSteps(page, view),
    ...compareVerdict(page, view),
    ...compareAnchor(page, view),
  ];
  return wrong.map((detail) => ({ code: 'PAGE_DIFFERS', detail: `${language}: ${detail}` }));
}

function compareNames(page: ReadPage, view: View, language: 'zh' | 'en'): string[] {
  const gtin = view.gtin.replace(/^0{6}(?=\d{8}$)|^0{1,2}/, '');
  const said = { product: view.product[language], origin: view.origin[language], lot: view.lot, gtin };
  const times = [view.harvestedAt, view.period?.from, view.period?.to].filter((time) => time != null);
  return [
    ...Object.entries(said).flatMap(([what, text]) =>
      page.text.includes(squeeze(text)) ? [] : [`the ${what} "${text}" is not shown`],
    ),
    ...times.flatMap((time) => {
      const utc = Math.abs(time) > 8.64e15 ? String(time) : new Date(time).toISOString();
      return page.times.has(utc) ? [] : [`the time ${utc} is not shown`];
    }),
  ];
}

function compareFigures(page: ReadPage, { curves }: View): string[] {
  const drawn = Map.groupBy(curves.filter(isDrawn), ({ type }) => type);
  const counts = [...drawn.values()].map((alike) => alike.reduce((sum, { count }) => sum + count, 0));
  const wrong = [...drawn].flatMap(([type, alike]) => {
    const points = alike.flatMap((curve) => curve.points);
    const { scale } = dataDictionary[type];
    const low = points.reduce((least, { min }) => Math.min(least, min), Infinity) / scale;
    const high = points.reduce((most, { max }) => Math.max(most, max), -Infinity) / scale;
    const shown = page.spans.get(type);
    const own = `${type} from ${low} to ${high}`;
    if (shown === undefined) return [`${own} is not shown`];
    const rounding = 0.5 * 10 ** -shown.digits + 1e-9;
    const isRight =
      shown.digits >= (fewestDigits[type] ?? 0) &&
      Math.abs(shown.low - low) <= rounding &&
      Math.abs(shown.high - high) <= rounding;
    return isRight ? [] : [`${own} is shown as ${shown.low} to ${shown.high}`];
  });
  const extra = [...page.spans.keys()].filter((type) => !drawn.has(type));
  const sameCounts = sorted(page.chartCounts).join() === sorted(counts).join();
  return [
    ...wrong,
    ...extra.map((type) => `${type} is shown, of which there is no reading`),
    ...(sameCounts
      ? []
      : [`the figures are of ${counts.join()} readings, shown as ${page.chartCounts.join()}`]),
  ];
}

/** Signed, logged, anchored, final: each of the same total. */
function compareSteps(page: ReadPage, { messages, verified, flagged }: View): string[] {
  const total = messages.mirrored;
  const expected = [verified, messages.mirrored, messages.anchored, messages.final].map((count) =>
    total > 0 && count === total ? [count] : count > 0 ? [count, total] : [],
  );
  const shown = page.steps.slice(0, expected.length);
  const isSame = JSON.stringify(shown) === JSON.stringify(expected);
  const flags = Object.values(flagged).reduce((sum, count) => sum + count, 0);
  const tellsFlags = flags === 0 || total === 0 || numbersIn(page.text).includes(flags);
  return [
    ...(isSame ? [] : [`${JSON.stringify(expected)} were checked, shown as ${JSON.stringify(shown)}`]),
    ...(tellsFlags ? [] : [`${flags} flagged messages are not told`]),
  ];
}

/** Green only where nothing is wrong; and bad news is told in its number. */
function compareVerdict(page: ReadPage, { curves, contradicted, status }: View): string[] {
  const limited = curves.filter(
    ({ limits, count }) => count > 0 && limits !== null && (limits.min !== null || limits.max !== null),
  );
  const outside = limited.reduce((sum, curve) => sum + curve.outside, 0);
  const isBad = contradicted.length > 0 || outside > 0;
  if (page.tone === undefined) return ['there is no verdict'];
  if (page.tone === 'good' && (isBad || limited.length === 0))
    return ['the verdict is good, and nothing bears it'];
  if (isBad && page.tone !== 'warn') return [`the verdict is ${page.tone}, and there is bad news`];
  // What stands against a sale is the graver news, and compared where the status is.
  if (contradicted.length > 0 && status.reasons.length === 0)
    return contradicted
      .filter((origin) => !page.text.includes(origin))
      .map((origin) => `${origin} is not named`);
  return outside === 0 || numbersIn(page.text).includes(outside)
    ? []
    : [`${outside} readings outside the limits are not told`];
}

function compareAnchor(page: ReadPage, { anchor, sample }: View): string[] {
  const proof = sample && `/api/v1/logs/${sample.logId}/entries/${sample.index}/proof`;
  const link = proof === null || page.links.has(proof) ? [] : [`there is no link to ${proof}`];
  if (anchor === null) return link;
  const { transactionHash, contract, logOrigin, blockNumber, chainId, logSize, blockTime } = anchor;
  const codes = [transactionHash, contract, logOrigin].filter((code) => !page.codes.has(code));
  const numbers = numbersIn(page.text);
  const missing = [blockNumber, chainId, logSize].filter((number) => !numbers.includes(number));
  const utc = new Date(blockTime).toISOString();
  return [
    ...link,
    ...codes.map((code) => `${code} is not shown`),
    ...missing.map((number) => `${number} of the anchor is not shown`),
    ...(page.times.has(utc) ? [] : [`the anchor's time ${utc} is not shown`]),
  ];
}

const sorted = (numbers: readonly number[]) => numbers.toSorted((a, b) => a - b);

/** As the page's text is: white space is one space. */
const squeeze = (text: string) => text.replaceAll(/\s+/g, ' ');
