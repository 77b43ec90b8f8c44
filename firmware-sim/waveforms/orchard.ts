import { airTemperature, clearness, dailyCycle, dewPoint, sunHeight } from './climate.ts';
import { gaussian, interpolate, noiseKey, sensorNoise, weather } from './noise.ts';
import type { Waveform } from './waveform.ts';

/** A weather mast between the rows: temperature, humidity, light and CO2, on a cell that the sun charges. */
export function orchard(seed: string, device: string): Waveform {
  const key = (name: string) => noiseKey(seed, device, name);
  const keys = {
    temperature: key('temperature'),
    humidity: key('humidity'),
    gust: key('gust'),
    dark: key('dark'),
    co2: key('co2'),
    air: key('air'),
    battery: key('battery'),
  };
  // A row in a hollow is colder than one on the ridge.
  const spotOffset = 0.4 * gaussian(key('spot'), 0);

  const temperature = (timeMs: number) =>
    airTemperature(seed, timeMs) + spotOffset + 0.04 * sensorNoise(keys.temperature, timeMs);

  return {
    channels: [
      { type: 'temperature', at: (timeMs) => Math.round(1000 * temperature(timeMs)) },
      {
        type: 'humidity',
        at: (timeMs) => {
          const relative = relativeHumidity(temperature(timeMs), dewPoint(seed, timeMs));
          return Math.round(1000 * clamp(relative + 0.1 * sensorNoise(keys.humidity, timeMs), 5, 100));
        },
      },
      {
        type: 'illuminance',
        at: (timeMs) => {
          // A clear noon in summer has some 110,000 lux. A photodiode is never quite dark: 0 to 3 lux at night.
          const passingCloud = 0.1 * interpolate((k) => gaussian(keys.gust, k), timeMs, 60_000);
          const through = clamp(clearness(seed, timeMs) + passingCloud, 0.1, 1);
          const dark = 1.5 + 0.4 * sensorNoise(keys.dark, timeMs);
          return Math.round(110_000 * Math.max(0, sunHeight(timeMs)) ** 1.15 * through + dark);
        },
      },
      {
        type: 'co2',
        at: (timeMs) => {
          // Leaves breathe out at night and take up by day.
          const breath = -18 * dailyCycle(timeMs, 15);
          return Math.round(
            418 + breath + 6 * weather(keys.air, timeMs) + 1.5 * sensorNoise(keys.co2, timeMs),
          );
        },
      },
      {
        type: 'battery',
        at: (timeMs) => {
          const charge = 150 * clearness(seed, timeMs) * dailyCycle(timeMs, 16.5);
          return Math.round(3_900 + charge + 3 * sensorNoise(keys.battery, timeMs));
        },
      },
    ],
  };
}

/** Percent, by the Magnus formula (Alduchov and Eskridge 1996); arguments in °C. */
function relativeHumidity(temperature: number, dewPointTemperature: number): number {
  const vapourPressure = (t: number) => Math.exp((17.625 * t) / (243.04 + t));
  return (100 * vapourPressure(dewPointTemperature)) / vapourPressure(temperature);
}

function clamp(value: number, min: number, max: number): number {
  return Math.min(max, Math.max(min, value));
}
