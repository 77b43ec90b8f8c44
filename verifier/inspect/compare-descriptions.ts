import { type QuantityName, dataDictionary, digitalLinkPath } from '@tianyuan/protocol';
import type { Curve, JsonLd, Lot, View } from './answers.ts';
import type { Miss } from './miss.ts';

/** UN/CEFACT Recommendation 20 codes that the description writes; quantities without one are not in it. */
const unitCodes: Partial<Record<QuantityName, string>> = {
  temperature: 'CEL',
  humidity: 'P1',
  soil_moisture: 'P1',
  soil_pH: 'Q30',
  co2: '59',
  illuminance: 'LUX',
};

/** Where the JSON-LD of a lot says something else than its view. Pure. */
export function compareJsonLd(jsonLd: JsonLd, view: View): Miss[] {
  const path = digitalLinkPath(view);
  const names = Object.fromEntries(jsonLd.name.map((one) => [one['@language'], one['@value']]));
  const own = view.curves.flatMap(describeCurve).toSorted();
  const shown = jsonLd.additionalProperty
    .map(({ description, minValue, maxValue, unitCode }) =>
      [description, minValue, maxValue, unitCode].join('; '),
    )
    .toSorted();
  const wrong = [
    ...(pathOf(jsonLd['@id']) === path ? [] : [`@id is ${jsonLd['@id']}`]),
    ...(jsonLd.gtin === view.gtin ? [] : [`gtin is ${jsonLd.gtin}`]),
    ...(jsonLd['gs1:hasBatchLotNumber'] === view.lot
      ? []
      : [`the lot is ${jsonLd['gs1:hasBatchLotNumber']}`]),
    ...(names['zh'] === view.product.zh && names['en'] === view.product.en ? [] : ['it has another name']),
    ...(own.join() === shown.join() ? [] : [`it describes ${shown.join(' | ')} and not ${own.join(' | ')}`]),
  ];
  return wrong.map((detail) => ({ code: 'JSON_LD_DIFFERS', detail }));
}

function describeCurve({ type, device, points, count }: Curve): string[] {
  const unitCode = unitCodes[type];
  if (unitCode === undefined || points.length === 0) return [];
  const { scale } = dataDictionary[type];
  const low = points.reduce((least, { min }) => Math.min(least, min), Infinity) / scale;
  const high = points.reduce((most, { max }) => Math.max(most, max), -Infinity) / scale;
  return [[`${count} readings of ${device}`, low, high, unitCode].join('; ')];
}

/** Whether a view is of the lot that the code names. */
export function compareLot(view: View, { gtin, lot, batchId }: Lot): Miss[] {
  return view.gtin === gtin && view.lot === lot && view.batchId === batchId
    ? []
    : [
        {
          code: 'LINKSET_DIFFERS',
          detail: `the code of ${gtin} ${lot} (${batchId}) leads to ${view.gtin} ${view.lot} (${view.batchId})`,
        },
      ];
}

/** A code is printed with the public address; the inspector asks the server that it was told. */
export function pathOf(url: string): string | undefined {
  if (url.startsWith('/')) return url;
  if (!URL.canParse(url)) return undefined;
  const { pathname, search } = new URL(url);
  return pathname + search;
}
