import { digitalLinkPath } from '@tianyuan/protocol';

// What the desk’s forms make people sign, written in the browser.

/** A lot by its GTIN and lot number, in whole grams. */
export type DeskAmount = { gtin: string; lot: string; grams: number };

/** China has one time zone, and so has a desk there; the moment itself is written in UTC. */
const offset = '+08:00';

const lotUri = ({ gtin, lot }: Pick<DeskAmount, 'gtin' | 'lot'>): string =>
  `https://id.gs1.org${digitalLinkPath({ gtin, lot })}`;

const thingUri = (kind: 'plot' | 'organisation', id: string): string =>
  `urn:tianyuan:${kind}:${encodeURIComponent(id)}`;

const listed = (amount: DeskAmount) => [{ epcClass: lotUri(amount), quantity: amount.grams, uom: 'GRM' }];

/** So much of a lot was picked on a plot. */
export function harvestEvent(amount: DeskAmount, plot: string, timeMs: number) {
  return {
    type: 'ObjectEvent',
    eventTime: new Date(timeMs).toISOString(),
    eventTimeZoneOffset: offset,
    action: 'ADD',
    bizStep: 'urn:tianyuan:bizstep:harvesting',
    disposition: 'active',
    readPoint: { id: thingUri('plot', plot) },
    quantityList: listed(amount),
  } as const;
}

/** So much of a lot goes from one organisation to another, both by 统一社会信用代码. */
export function handOverEvent(amount: DeskAmount, parties: { from: string; to: string }, timeMs: number) {
  return {
    type: 'ObjectEvent',
    eventTime: new Date(timeMs).toISOString(),
    eventTimeZoneOffset: offset,
    action: 'OBSERVE',
    bizStep: 'shipping',
    disposition: 'in_transit',
    quantityList: listed(amount),
    sourceList: [{ type: 'possessing_party', source: thingUri('organisation', parties.from) }],
    destinationList: [{ type: 'possessing_party', destination: thingUri('organisation', parties.to) }],
  } as const;
}

/** Kilograms as people write them, to the gram: `12.5` is 12,500; undefined for what is no positive amount of at most 1,000 t. */
export function gramsOf(kilograms: string): number | undefined {
  const [, whole, fraction = ''] = /^(\d{1,7})(?:\.(\d{1,3}))?$/.exec(kilograms.trim()) ?? [];
  if (whole === undefined) return undefined;
  const grams = Number(whole) * 1000 + Number(fraction.padEnd(3, '0'));
  return grams >= 1 && grams <= 1_000_000_000 ? grams : undefined;
}
