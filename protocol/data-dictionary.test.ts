import { describe, expect, test } from 'vitest';
import { dataDictionary, isInRange, quantityNames } from './data-dictionary.ts';

describe('the data dictionary', () => {
  // These numbers and units are on the wire and in signatures: a change breaks every message ever signed.
  test('has the quantities of the protocol', () => {
    expect(
      quantityNames.map((name) => `${dataDictionary[name].number} ${name} ${dataDictionary[name].unit}`),
    ).toEqual([
      '1 temperature m°C',
      '2 humidity m%RH',
      '3 soil_pH milli-pH',
      '4 soil_moisture m%',
      '5 gps 1e-7 degree',
      '6 co2 ppm',
      '7 illuminance lux',
      '8 door 0/1',
      '9 battery mV',
    ]);
  });

  test.each(quantityNames)('%s has a sensible range, scale and rate', (name) => {
    const { range, scale, maxChangePerMinute } = dataDictionary[name];
    expect(range[0]).toBeLessThan(range[1]);
    expect(Number.isInteger(scale) && scale >= 1).toBe(true);
    expect(maxChangePerMinute).toBeGreaterThan(0);
    expect(isInRange(name, name === 'gps' ? [0, 0] : range[0])).toBe(true);
    expect(isInRange(name, name === 'gps' ? [900_000_000, -1_800_000_000] : range[1])).toBe(true);
    expect(isInRange(name, name === 'gps' ? [900_000_001, 0] : range[0] - 1)).toBe(false);
    expect(isInRange(name, name === 'gps' ? [0, -1_800_000_001] : range[1] + 1)).toBe(false);
  });
});
