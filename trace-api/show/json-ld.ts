import { type QuantityName, dataDictionary } from '@tianyuan/protocol';
import type { BatchView } from '../batches/batch-view.ts';

/** UN/CEFACT Recommendation 20 codes, as schema.org's `unitCode` wants them. */
const unitCodes: Partial<Record<QuantityName, string>> = {
  temperature: 'CEL',
  humidity: 'P1',
  soil_moisture: 'P1',
  soil_pH: 'Q30',
  co2: '59',
  illuminance: 'LUX',
};

/**
 * The lot in the words of schema.org and of the GS1 Web Vocabulary. schema.org wants a Digital Link with a lot on
 * SomeProducts, https://schema.org/hasGS1DigitalLink.
 */
export function jsonLdOf(batch: BatchView, uri: string): Record<string, unknown> {
  const both = (text: { zh: string; en: string }) => [
    { '@language': 'zh', '@value': text.zh },
    { '@language': 'en', '@value': text.en },
  ];
  return {
    '@context': ['https://schema.org', { gs1: 'https://ref.gs1.org/voc/' }],
    '@id': uri,
    '@type': ['SomeProducts', 'gs1:Product'],
    hasGS1DigitalLink: uri,
    ...(batch.gtin !== '' && { gtin: batch.gtin, 'gs1:gtin': batch.gtin }),
    'gs1:hasBatchLotNumber': batch.lot,
    name: both(batch.product),
    'gs1:provenanceStatement': both(batch.origin),
    ...(batch.harvestedAt !== null && { 'gs1:harvestDate': shanghaiDate(batch.harvestedAt) }),
    additionalProperty: batch.curves.flatMap(({ type, device, points, count }) => {
      const unitCode = unitCodes[type];
      if (unitCode === undefined || points.length === 0) return [];
      const { scale, name } = dataDictionary[type];
      return {
        '@type': 'PropertyValue',
        name: both(name),
        description: `${count} readings of ${device}`,
        minValue: Math.min(...points.map((point) => point.min)) / scale,
        maxValue: Math.max(...points.map((point) => point.max)) / scale,
        unitCode,
      };
    }),
    mainEntityOfPage: { '@type': 'WebPage', '@id': uri, inLanguage: ['zh', 'en'] },
  };
}

/** xsd:date. Swedish dates are ISO 8601's. */
function shanghaiDate(time: number): string {
  return new Intl.DateTimeFormat('sv-SE', { timeZone: 'Asia/Shanghai' }).format(time);
}
