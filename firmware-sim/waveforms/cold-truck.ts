import { airTemperature } from './climate.ts';
import { noiseKey, sensorNoise } from './noise.ts';
import { clockDay, doorOpenings, engine, positionOnRoute, startOfClockDay } from './truck-route.ts';
import type { Waveform } from './waveform.ts';

/**
 * The cargo space as one first-order body: heat leaks through the walls, pours in at an open door, and the unit takes it
 * away (or adds it, in winter) between two switching points.
 */
const cargo = {
  setPoint: 4,
  /** °C either side of the set point at which the unit switches */
  hysteresis: 1,
  wallMinutes: 120,
  doorMinutes: 25,
  coolingPerMinute: 0.45,
  heatingPerMinute: 0.45,
} as const;

const stepMs = 5_000;
/** A day is computed from this long before it begins. */
const leadInMs = 3_600_000;
const dayMs = 86_400_000;
const keptDays = 3;

type Day = { temperature: Float64Array; humidity: Float64Array };

/** A refrigerated truck on its daily round. */
export function coldTruck(seed: string, device: string): Waveform {
  const route = noiseKey(seed, device, 'route');
  const keys = {
    temperature: noiseKey(seed, device, 'temperature'),
    humidity: noiseKey(seed, device, 'humidity'),
    battery: noiseKey(seed, device, 'battery'),
    latitude: noiseKey(seed, device, 'latitude'),
    longitude: noiseKey(seed, device, 'longitude'),
  };
  const days = new Map<number, Day>();
  const dayOf = (day: number): Day => {
    let computed = days.get(day);
    if (computed === undefined) {
      computed = computeDay(seed, day, doorOpenings(route, day));
      if (days.size >= keptDays) days.delete(days.keys().next().value!);
      days.set(day, computed);
    }
    return computed;
  };
  const air = (quantity: keyof Day, timeMs: number) => blendedValue(dayOf, quantity, timeMs);

  return {
    channels: [
      {
        type: 'temperature',
        at: (timeMs) =>
          Math.round(1000 * (air('temperature', timeMs) + 0.02 * sensorNoise(keys.temperature, timeMs))),
      },
      {
        type: 'humidity',
        at: (timeMs) =>
          Math.round(1000 * (air('humidity', timeMs) + 0.1 * sensorNoise(keys.humidity, timeMs))),
      },
      { type: 'door', at: (timeMs) => (isOpen(doorOpenings(route, clockDay(timeMs)), timeMs) ? 1 : 0) },
      {
        type: 'battery',
        at: (timeMs) =>
          Math.round(25_300 + 2_400 * engine(route, timeMs) + 15 * sensorNoise(keys.battery, timeMs)),
      },
    ],
    position: (timeMs) => {
      const [latitude, longitude] = positionOnRoute(route, timeMs);
      // A receiver errs by some 2.5 m, and 1e-7 degree is 1.1 cm.
      return [
        Math.round(1e7 * latitude + 225 * sensorNoise(keys.latitude, timeMs)),
        Math.round(1e7 * longitude + 225 * sensorNoise(keys.longitude, timeMs)),
      ];
    },
  };
}

/**
 * Each day is computed on its own, from an hour before it begins, and in that hour the day before fades into it: a value
 * then depends on its time alone, without a history that begins in 1970, and the curve has no step at midnight.
 */
function blendedValue(dayOf: (day: number) => Day, quantity: keyof Day, timeMs: number): number {
  const day = clockDay(timeMs);
  const own = valueAt(dayOf(day)[quantity], timeMs - startOfClockDay(day));
  const untilMidnightMs = startOfClockDay(day + 1) - timeMs;
  if (untilMidnightMs >= leadInMs) return own;
  const share = untilMidnightMs / leadInMs;
  return own * share + valueAt(dayOf(day + 1)[quantity], -untilMidnightMs) * (1 - share);
}

function valueAt(samples: Float64Array, sinceMidnightMs: number): number {
  const position = (sinceMidnightMs + leadInMs) / stepMs;
  const k = Math.floor(position);
  return samples[k]! * (1 - (position - k)) + samples[k + 1]! * (position - k);
}

function computeDay(seed: string, day: number, openings: readonly { fromMs: number; toMs: number }[]): Day {
  const midnightMs = startOfClockDay(day);
  const samples = (leadInMs + dayMs) / stepMs + 2;
  const result: Day = { temperature: new Float64Array(samples), humidity: new Float64Array(samples) };
  const minutes = stepMs / 60_000;
  let temperature: number = cargo.setPoint;
  let humidity = 86;
  let unit: 'off' | 'cool' | 'heat' = 'off';
  let outside = 0;
  for (let k = 0; k < samples; k++) {
    result.temperature[k] = temperature;
    result.humidity[k] = humidity;
    const timeMs = midnightMs - leadInMs + k * stepMs;
    // The weather changes over hours and is by far the most costly term: once in ten minutes is enough.
    if (k % 120 === 0) outside = airTemperature(seed, timeMs);
    const open = isOpen(openings, timeMs);
    unit = switchUnit(unit, temperature);

    const leak = (outside - temperature) / cargo.wallMinutes;
    const draught = open ? (outside - temperature) / cargo.doorMinutes : 0;
    const work = unit === 'cool' ? -cargo.coolingPerMinute : unit === 'heat' ? cargo.heatingPerMinute : 0;
    temperature += (leak + draught + work) * minutes;

    // A cold coil dries the air, fruit moistens it, and a door lets the street in.
    const [towards, withinMinutes] = open ? [60, 10] : unit === 'cool' ? [82, 20] : [90, 40];
    humidity += ((towards - humidity) / withinMinutes) * minutes;
  }
  return result;
}

function switchUnit(unit: 'off' | 'cool' | 'heat', temperature: number): 'off' | 'cool' | 'heat' {
  const { setPoint, hysteresis } = cargo;
  switch (unit) {
    case 'off':
      if (temperature > setPoint + hysteresis) return 'cool';
      return temperature < setPoint - hysteresis - 0.5 ? 'heat' : 'off';
    case 'cool':
      return temperature < setPoint - hysteresis ? 'off' : 'cool';
    case 'heat':
      return temperature > setPoint ? 'off' : 'heat';
  }
}

function isOpen(openings: readonly { fromMs: number; toMs: number }[], timeMs: number): boolean {
  return openings.some(({ fromMs, toMs }) => timeMs >= fromMs && timeMs < toMs);
}
