import { type QuantityName, dataDictionary, quantityNames } from '@tianyuan/protocol/data-dictionary.ts';
import type { Reading } from '@tianyuan/protocol/message/readings.ts';

/**
 * A message's readings as they cross from the verifying thread, where a clone of 32 objects would cost more than judging
 * them does: `fieldsPerReading` numbers each (type number, value, second value, dt, index of the sensor's name or -1).
 * Doubles, which hold every safe integer, since an array of numbers is cloned one by one.
 */
export type PackedReadings = { numbers: Float64Array; sensors: string[] };

/** A reading unpacked. `second` is a position's longitude, and 0 for everything else. */
export type Observed = {
  type: QuantityName;
  sensor: string;
  value: number;
  second: number;
  /** ms before the message's time */
  dt: number;
};

const fieldsPerReading = 5;
const nameOf = new Map<number, QuantityName>(
  quantityNames.map((name) => [dataDictionary[name].number, name]),
);

export function packReadings(readings: readonly Reading[]): PackedReadings {
  const numbers = new Float64Array(readings.length * fieldsPerReading);
  const sensors: string[] = [];
  let at = 0;
  for (const { type, sensor, value, dt } of readings) {
    const [first, second] = typeof value === 'number' ? [value, 0] : value;
    numbers.set([dataDictionary[type].number, first, second, dt ?? 0, sensorIndex(sensors, sensor)], at);
    at += fieldsPerReading;
  }
  return { numbers, sensors };
}

/** At most 64 readings a message, so a search is short. */
function sensorIndex(sensors: string[], sensor: string | undefined): number {
  if (sensor === undefined) return -1;
  const known = sensors.indexOf(sensor);
  return known === -1 ? sensors.push(sensor) - 1 : known;
}

export function unpackReadings({ numbers, sensors }: PackedReadings): Observed[] {
  const readings: Observed[] = [];
  for (let i = 0; i < numbers.length; i += fieldsPerReading) {
    readings.push({
      type: nameOf.get(numbers[i]!)!,
      value: numbers[i + 1]!,
      second: numbers[i + 2]!,
      dt: numbers[i + 3]!,
      sensor: sensors[numbers[i + 4]!] ?? '',
    });
  }
  return readings;
}
