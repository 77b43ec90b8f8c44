/**
 * What can be measured, the one source: schemas, simulators, validity rules, pages and the generated documentation read
 * it from here. A number is for ever; it is the type in the COSE profile.
 */
export type Quantity = {
  number: number;
  /** the scaled integer unit that travels */
  unit: string;
  /** travelling integers to one unit for people */
  scale: number;
  displayUnit: string;
  /** what the quantity can physically be, in the scaled unit, both ends included */
  range: readonly [min: number, max: number];
  /** the fastest change that a working sensor plausibly shows, scaled units a minute */
  maxChangePerMinute: number;
  name: { zh: string; en: string };
};

export const dataDictionary = {
  temperature: {
    number: 1,
    unit: 'm°C',
    scale: 1000,
    displayUnit: '°C',
    range: [-80_000, 85_000],
    maxChangePerMinute: 10_000,
    name: { zh: '温度', en: 'temperature' },
  },
  humidity: {
    number: 2,
    unit: 'm%RH',
    scale: 1000,
    displayUnit: '%RH',
    range: [0, 100_000],
    maxChangePerMinute: 30_000,
    name: { zh: '相对湿度', en: 'relative humidity' },
  },
  soil_pH: {
    number: 3,
    unit: 'milli-pH',
    scale: 1000,
    displayUnit: 'pH',
    range: [0, 14_000],
    maxChangePerMinute: 500,
    name: { zh: '土壤酸碱度', en: 'soil pH' },
  },
  soil_moisture: {
    number: 4,
    unit: 'm%',
    scale: 1000,
    displayUnit: '%',
    range: [0, 100_000],
    maxChangePerMinute: 20_000,
    name: { zh: '土壤含水率', en: 'soil moisture' },
  },
  gps: {
    number: 5,
    unit: '1e-7 degree',
    scale: 10_000_000,
    displayUnit: '°',
    // longitude's range; latitude has half of it (see gpsRange)
    range: [-1_800_000_000, 1_800_000_000],
    // 40 m/s is 2.4 km a minute, which is 0.022 degree of latitude
    maxChangePerMinute: 220_000,
    name: { zh: '位置', en: 'position' },
  },
  co2: {
    number: 6,
    unit: 'ppm',
    scale: 1,
    displayUnit: 'ppm',
    range: [0, 50_000],
    maxChangePerMinute: 10_000,
    name: { zh: '二氧化碳', en: 'carbon dioxide' },
  },
  illuminance: {
    number: 7,
    unit: 'lux',
    scale: 1,
    displayUnit: 'lux',
    range: [0, 200_000],
    maxChangePerMinute: 150_000,
    name: { zh: '光照', en: 'illuminance' },
  },
  door: {
    number: 8,
    unit: '0/1',
    scale: 1,
    displayUnit: '',
    range: [0, 1],
    maxChangePerMinute: 60,
    name: { zh: '车门', en: 'door' },
  },
  battery: {
    number: 9,
    unit: 'mV',
    scale: 1000,
    displayUnit: 'V',
    range: [0, 60_000],
    maxChangePerMinute: 2_000,
    name: { zh: '电池电压', en: 'battery voltage' },
  },
} as const satisfies Record<string, Quantity>;

export type QuantityName = keyof typeof dataDictionary;

export const quantityNames = Object.keys(dataDictionary) as QuantityName[];

/** [latitude, longitude] limits in 1e-7 degree. */
export const gpsRange = { latitude: 900_000_000, longitude: 1_800_000_000 } as const;

/** Whether a travelling value lies in what its quantity can physically be. */
export function isInRange(type: QuantityName, value: number | readonly [number, number]): boolean {
  if (typeof value !== 'number') {
    return Math.abs(value[0]) <= gpsRange.latitude && Math.abs(value[1]) <= gpsRange.longitude;
  }
  const [min, max] = dataDictionary[type].range;
  return value >= min && value <= max;
}
